// Requests to the server.
import { showError } from "./dom.js";
import { user, whenLoggedIn } from "./session.js";

// Like fetch, for this page's user. A request that is refused because the session has ended is made again after the log-in.
export async function request(address, options = {}) {
  const whose = { ...options, headers: { ...options.headers, "Parley-User": user } };
  const res = await fetch(address, whose);
  if (res.status !== 401) return res;
  await whenLoggedIn();
  return fetch(address, whose);
}

// Returns the text of the answer, or null after showing what was wrong.
export async function getText(address, options = {}) {
  try {
    const res = await request(address, options);
    const text = await res.text();
    if (res.ok) return text;
    let words = "";
    try { words = JSON.parse(text).message; } catch { words = new DOMParser().parseFromString(text, "text/html").querySelector("p")?.textContent; }
    showError(words || "Something went wrong. Try again.");
  } catch (e) {
    if (e.name !== "AbortError") showError("The server can’t be reached. Try again in a moment.");
  }
  return null;
}
