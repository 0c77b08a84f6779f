// The log-in session. When it has ended, the desk says so in place and asks for the password: nothing is reloaded, and what was typed
// stays. A page is one user's: once somebody else is logged in, it goes.
import { $, trouble } from "./dom.js";

export const user = document.body.dataset.user;
const dialog = $("again"), bar = $("ended");
let over = false; // nobody is known to be logged in: nothing is sent
let refusedWork = false; // something that was done meanwhile was refused, and is not repeated by itself
const waiting = []; // who wants to go on after the log-in
const back = [];
export const isOver = () => over;
export const onReturn = (f) => back.push(f);

// Finds out why a request was refused; resolves when this page's user is logged in.
export function refused() {
  over = true;
  return new Promise((go) => { waiting.push(go); check(true); });
}

let checking = false, again;
// Asks who is logged in, and does what follows. asks: the dialog is opened even if it has been put away.
export async function check(asks) {
  if (checking) return;
  checking = true;
  clearTimeout(again);
  const now = await who();
  checking = false;
  if (!now) { // the server is away: nothing is known
    if (over) again = setTimeout(check, 3000, asks);
  } else if (now.user === user && now.desk) {
    if (over) resume();
  } else if (now.user) {
    location.replace("/desk"); // somebody else, or no longer allowed to: with a page of its own
  } else {
    end(asks);
  }
}

async function who() {
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

// The session is over, as is known without asking; why will be found out.
export function lost() {
  over = true;
  check(true);
}

let put = false; // the dialog was put away
function end(asks) {
  over = true;
  bar.hidden = false;
  $("connection").classList.remove("on");
  $("connection").textContent = "Logged out";
  if (asks || !put) askPassword();
}

// Opens the dialog. Whoever is just typing is not interrupted: the rest of the sentence would go into the password.
let soon, typedAt = 0, composes = false;
document.addEventListener("input", () => { typedAt = Date.now(); }, true);
document.addEventListener("compositionstart", () => { composes = true; }, true);
document.addEventListener("compositionend", () => { composes = false; }, true);
export function askPassword() {
  clearTimeout(soon);
  if (!over) return;
  if (dialog.open) {
    if (!form.contains(document.activeElement)) form.elements.password.focus();
    return;
  }
  const rest = typedAt + 2500 - Date.now();
  if (composes || rest > 0) { soon = setTimeout(askPassword, Math.max(rest, 300)); return; }
  put = false;
  dialog.showModal();
  form.elements.password.focus();
}

function resume() {
  over = put = false;
  clearTimeout(soon);
  bar.hidden = true;
  dialog.close();
  for (const f of back) f();
  for (const go of waiting.splice(0)) go();
}

// What is to be said when the socket is back.
export function sayUndone() {
  if (refusedWork) trouble("You are logged in again. What you did last was not done. Please do it again.");
  refusedWork = false;
}

const form = dialog.querySelector("form"), error = dialog.querySelector(".error"), button = form.querySelector("button.primary");
const say = (text) => { error.textContent = text; };
form.addEventListener("submit", async (e) => {
  e.preventDefault();
  const password = form.elements.password;
  button.disabled = true;
  say("");
  try {
    const res = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (res.ok) {
      password.value = "";
      over = true;
      await check(true);
    } else {
      say((await res.json().catch(() => null))?.message || "The log-in did not work. Please try again.");
      password.select();
    }
  } catch {
    say("The server cannot be reached. Please try again in a moment.");
  }
  button.disabled = false;
});
dialog.addEventListener("close", () => { put = over; form.elements.password.value = ""; say(""); });
bar.addEventListener("click", (e) => { if (e.target.closest("button")) { typedAt = 0; askPassword(); } });

// Another tab may have logged in meanwhile.
const look = () => {
  if (!over || document.hidden) return;
  if (dialog.open) askPassword(); // the field has the focus, whatever this tab had before
  check(false);
};
addEventListener("focus", look);
document.addEventListener("visibilitychange", look);

document.addEventListener("htmx:before:request", (e) => { e.detail.ctx.request.headers["Parley-User"] = user; });
document.addEventListener("htmx:finally:request", (e) => {
  const { ctx } = e.detail, from = ctx.sourceElement;
  if (ctx.response?.status !== 401 || from?.matches?.("[data-composer]")) return; // composers send again
  if (ctx.request.method !== "GET") refusedWork = true;
  refused().then(() => { if (from?.matches?.('[hx-trigger="open"]')) htmx.trigger(from, "open"); });
});
