// Requests of the desk's script.
import { trouble } from "./dom.js";
import { refused, user } from "./session.js";

// A request of this page. One that is refused because the session has ended is made again after the log-in.
export async function request(address, options = {}) {
  const whose = { ...options, headers: { ...options.headers, "Parley-User": user } };
  const res = await fetch(address, whose);
  if (res.status !== 401) return res;
  await refused();
  return fetch(address, whose);
}

// A text from the server, or null after telling what was wrong.
export async function ask(address, options = {}) {
  try {
    const res = await request(address, options);
    const text = await res.text();
    if (res.ok) return text;
    let words = "";
    try { words = JSON.parse(text).message; } catch { words = new DOMParser().parseFromString(text, "text/html").querySelector("p")?.textContent; }
    trouble(words || "This did not work. Please try again.");
  } catch (e) {
    if (e.name !== "AbortError") trouble("The server cannot be reached. Please try again in a moment.");
  }
  return null;
}
