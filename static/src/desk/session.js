// The log-in session. When it has ended, the desk asks for the password in a dialog: nothing is reloaded, and what was typed stays. A page
// belongs to one user: when somebody else has logged in, it is left.
import { $, showError } from "./dom.js";

export const user = document.body.dataset.user;
const dialog = $("again"), bar = $("ended");
let ended = false; // nobody may be logged in: nothing is sent
let refusedWork = false; // a change was refused, and is not repeated automatically
const waiting = []; // functions to call after the log-in
const returnListeners = [];
export const hasEnded = () => ended;
export const onReturn = (f) => returnListeners.push(f);

// Called after a request was refused: checks the session, and resolves when this page's user is logged in.
export function whenLoggedIn() {
  ended = true;
  return new Promise((go) => { waiting.push(go); checkSession(true); });
}

let checking = false, retryTimer;
// Asks the server who is logged in, and shows or ends the dialog accordingly. showDialog: even if the user has dismissed it.
export async function checkSession(showDialog) {
  if (checking) return;
  checking = true;
  clearTimeout(retryTimer);
  const now = await fetchSession();
  checking = false;
  if (!now) { // the server was not reached
    if (ended) retryTimer = setTimeout(checkSession, 3000, showDialog);
  } else if (now.user === user && now.desk) {
    if (ended) resume();
  } else if (now.user) {
    location.replace("/desk"); // another user, or one who may not use the desk any more, gets a page of their own
  } else {
    showEnded(showDialog);
  }
}

async function fetchSession() {
  const stop = new AbortController(), late = setTimeout(() => stop.abort(), 10000);
  try {
    const res = await fetch("/desk/session", { signal: stop.signal });
    return res.ok ? await res.json() : null;
  } catch {
    return null;
  } finally {
    clearTimeout(late);
  }
}

// Called when the server has closed the socket because the session has ended.
export function sessionEnded() {
  ended = true;
  checkSession(true);
}

let dismissed = false; // the user has closed the dialog
function showEnded(asks) {
  ended = true;
  bar.hidden = false;
  $("connection").classList.remove("on");
  $("connection").textContent = "Logged out";
  if (asks || !dismissed) askPassword();
}

// Opens the dialog, but not while the user is typing: the rest of the sentence would go into the password field.
let askTimer, typedAt = 0, isComposing = false;
document.addEventListener("input", () => { typedAt = Date.now(); }, true);
document.addEventListener("compositionstart", () => { isComposing = true; }, true);
document.addEventListener("compositionend", () => { isComposing = false; }, true);
export function askPassword() {
  clearTimeout(askTimer);
  if (!ended) return;
  if (dialog.open) {
    if (!form.contains(document.activeElement)) form.elements.password.focus();
    return;
  }
  const rest = typedAt + 2500 - Date.now();
  if (isComposing || rest > 0) { askTimer = setTimeout(askPassword, Math.max(rest, 300)); return; }
  dismissed = false;
  dialog.showModal();
  form.elements.password.focus();
}

function resume() {
  ended = dismissed = false;
  clearTimeout(askTimer);
  bar.hidden = true;
  dialog.close();
  for (const f of returnListeners) f();
  for (const go of waiting.splice(0)) go();
}

// Reports refused changes once the socket is open again.
export function reportRefusedWork() {
  if (refusedWork) showError("You’re logged in again. Your last action wasn’t completed. Try it again.");
  refusedWork = false;
}

const form = dialog.querySelector("form"), error = dialog.querySelector(".error"), button = form.querySelector("button.primary");
const showFormError = (text) => { error.textContent = text; };
form.addEventListener("submit", async (e) => {
  e.preventDefault();
  const password = form.elements.password;
  button.disabled = true;
  showFormError("");
  try {
    const res = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (res.ok) {
      password.value = "";
      ended = true;
      await checkSession(true);
    } else {
      showFormError((await res.json().catch(() => null))?.message || "Couldn’t log in. Try again.");
      password.select();
    }
  } catch {
    showFormError("The server can’t be reached. Try again in a moment.");
  }
  button.disabled = false;
});
dialog.addEventListener("close", () => { dismissed = ended; form.elements.password.value = ""; showFormError(""); });
bar.addEventListener("click", (e) => { if (e.target.closest("button")) { typedAt = 0; askPassword(); } });

// The user may have logged in in another tab.
const checkIfEnded = () => {
  if (!ended || document.hidden) return;
  if (dialog.open) askPassword(); // focuses the field
  checkSession(false);
};
addEventListener("focus", checkIfEnded);
document.addEventListener("visibilitychange", checkIfEnded);

document.addEventListener("htmx:before:request", (e) => { e.detail.ctx.request.headers["Parley-User"] = user; });
document.addEventListener("htmx:finally:request", (e) => {
  const { ctx } = e.detail, from = ctx.sourceElement;
  if (ctx.response?.status !== 401 || from?.matches?.("[data-composer]")) return; // composers repeat their requests
  if (ctx.request.method !== "GET") refusedWork = true;
  whenLoggedIn().then(() => { if (from?.matches?.('[hx-trigger="open"]')) htmx.trigger(from, "open"); });
});
