// Composers. What is sent leaves the text area at once and waits in the pane's outbox until the server has stored it, one item after
// another. Each item has one id, so that a retry cannot post it twice. Drafts and outboxes survive a reload. An outbox belongs to its
// conversation: what the server refuses goes back into the text area of the same pane.
import { all, composer, entryOf, panes, preferences, showError, textArea, uuid } from "./dom.js";
import { askPassword, hasEnded, user, whenLoggedIn } from "./session.js";
import { request } from "./requests.js";
import { focusPane, mostUrgent, paneOf, refreshLists } from "./panes.js";
import { onOpen, sendFrame } from "./socket.js";
import { cursor, pinThread, scrollPinned, thread } from "./threads.js";
import { sendStaged, upload } from "./attachments.js";

const storageKey = (pane) => "parley.pane." + user + "." + pane.dataset.conversation; // per user: the next one to log in must not get these texts
const undoSeconds = 5;

export function save(pane) {
  const form = composer(pane);
  const state = { draft: textArea(form).value, kind: form.mode, out: form.out, origin: form.origin, editing: form.editing };
  try {
    if (state.draft || state.out.length) sessionStorage.setItem(storageKey(pane), JSON.stringify(state));
    else sessionStorage.removeItem(storageKey(pane));
  } catch { /* storage is off: the text stays in the page */ }
}
export function restore(pane) {
  const form = composer(pane);
  let state = {};
  try { state = JSON.parse(sessionStorage.getItem(storageKey(pane))) || {}; } catch { /* as above */ }
  form.out = state.out || [];
  form.origin = state.origin;
  textArea(form).value ||= state.draft || "";
  setMode(form, state.kind || "text");
  form.editing = state.editing;
  form.classList.toggle("editing", !!form.editing);
  fitHeight(textArea(form));
  sendNext(form);
}
// Reports whether a pane that is not loaded has something to send.
export function hasUnsent(pane) {
  try { return !!JSON.parse(sessionStorage.getItem(storageKey(pane)))?.out?.length; } catch { return false; }
}
export function forget(pane) {
  try { sessionStorage.removeItem(storageKey(pane)); } catch { /* as above */ }
}

export function setMode(form, to) {
  form.mode = to;
  form.classList.toggle("noting", to === "note");
  for (const b of all("[data-kind]", form)) b.setAttribute("aria-pressed", String(b.dataset.kind === to));
  textArea(form).placeholder = to === "note" ? "Write an internal note. Only your team can see it." : "Write a reply. Shift+Enter for a new line.";
}

// Shows an error of this page beside a composer. A push from the server does not clear it: see keepPageError in updates.js.
function problem(form, text, long = false) {
  form.querySelector(".error").textContent = text;
  form.hasOwnError = !!text;
  form.classList.toggle("long", form.long = long); // app.js counts the characters there, too: the reason is announced once
}
const defaultMode = (form) => (form.closest(".pane").querySelector(".participants.notes-only") ? "note" : "text");

// Inserts a text at the cursor, or in place of the whole text. origin says from which FAQ entry it is.
export function insert(form, text, { replace = false, origin } = {}) {
  const a = textArea(form);
  if (replace) a.setRangeText(text, 0, a.value.length, "end");
  else {
    const gap = a.selectionStart > 0 && !/\s$/.test(a.value.slice(0, a.selectionStart)) ? " " : "";
    a.setRangeText(gap + text, a.selectionStart, a.selectionEnd, "end");
  }
  if (origin) form.origin = origin;
  fitHeight(a);
  save(form.closest(".pane"));
}

// Number of characters of a text, as the server counts them.
const lengthOf = (text) => [...text.normalize("NFC").trim()].length;
export const isTooLong = (form, text) => lengthOf(text) > +textArea(form).dataset.most;

// A check takes the pane and the text of a reply and returns a question if it may be a mistake, else "". Sent once more, it is sent.
const checks = [];
export const addCheck = (f) => checks.push(f);

// Puts the text, and the staged files, into the outbox. Reports whether there was something that can be sent.
export function send(form, text = textArea(form).value, origin = form.origin) {
  if (isTooLong(form, text)) {
    problem(form, "This message is too long. Shorten it or split it into several messages.", true);
    textArea(form).focus();
    return false;
  }
  const doubt = form.mode === "text" && form.checkedText !== text && checks.map((f) => f(form.closest(".pane"), text)).find(Boolean);
  if (doubt) {
    form.checkedText = text;
    problem(form, doubt);
    textArea(form).focus();
    return false;
  }
  form.checkedText = undefined;
  const files = form.mode === "text" && sendStaged(form);
  if (!text.trim() && !form.editing) {
    if (files) { markAnswered(form.closest(".pane")); sendNext(form); }
    return files;
  }
  const item = { id: uuid(), kind: form.mode, body: text, of: "", entry: "", for: "", how: "", ...(form.mode === "text" && origin) };
  if (form.editing) {
    if (!text.trim() && !confirm("Delete this reply? The visitor will see that it was deleted.")) return false;
    Object.assign(item, { kind: "edit", of: form.editing, entry: "" });
  }
  if (preferences.undo && item.kind === "text") item.until = Date.now() + undoSeconds * 1000;
  form.out.push(item);
  textArea(form).value = "";
  form.origin = form.editing = undefined;
  form.classList.remove("editing");
  setMode(form, defaultMode(form));
  fitHeight(textArea(form));
  problem(form, "");
  form.querySelector(".brought")?.remove();
  save(form.closest(".pane"));
  if (item.kind === "text") markAnswered(form.closest(".pane"));
  sendNext(form);
  return true;
}

// Marks a conversation as answered before the server confirms it, so that "most urgent" is already another one.
function markAnswered(pane) {
  const entry = entryOf(pane);
  if (!entry?.dataset.since || entry.matches(".participating")) return;
  entry.dataset.since = "";
  refreshLists();
}

// Posts the first item of the outbox, unless one is under way.
export function sendNext(form) {
  const next = form.out[0];
  showUndo(form, next);
  if (!next) return void upload(form);
  if (form.sending || !form.isConnected || !window.htmx || next.until > Date.now()) return; // without htmx: once the socket is open
  if (hasEnded()) { explainWaiting(form); return askPassword(); }
  form.sending = true;
  for (const name of ["id", "kind", "body", "of", "entry", "for", "how"]) form.elements[name].value = next[name] ?? "";
  form.elements.after.value = cursor(form.closest(".pane"));
  htmx.trigger(form, "send");
}

onOpen(() => { for (const p of all(".pane", panes)) if (composer(p)?.out) sendNext(composer(p)); });

// Says that the first item of the outbox is sent after the log-in.
function explainWaiting(form) {
  const { body, kind } = form.out[0], begin = [...body.trim()];
  const what = !begin.length ? "Your change" : (kind === "note" ? "Your note" : "Your reply") + " “" + begin.slice(0, 60).join("") + (begin.length > 60 ? "…" : "") + "”";
  problem(form, what + " has not been sent because your session has ended. It will be sent when you log in again.");
}

// Shows for how long the next item can still be undone.
function showUndo(form, next) {
  const held = form.querySelector(".held"), left = next?.until ? Math.ceil((next.until - Date.now()) / 1000) : 0;
  held.hidden = !(left > 0);
  if (left <= 0) return;
  held.querySelector("b").textContent = left;
  clearTimeout(form.undoTimer);
  form.undoTimer = setTimeout(() => sendNext(form), Math.min(1000, next.until - Date.now() + 10));
}
export function undo(form) {
  const next = form.out[0];
  if (!next?.until || form.sending) return;
  restoreFirst(form);
  sendNext(form);
}

// Puts the first item of the outbox back into the text area.
function restoreFirst(form) {
  const item = form.out.shift(), a = textArea(form);
  a.value = [item.body, a.value].filter(Boolean).join("\n");
  setMode(form, item.kind === "edit" ? "text" : item.kind);
  if (item.entry) form.origin = { entry: item.entry, for: item.for, how: item.how };
  if (item.kind === "edit") { form.editing = item.of; form.classList.add("editing"); }
  fitHeight(a);
  save(form.closest(".pane"));
}

document.addEventListener("htmx:finally:request", (e) => {
  const form = e.detail.ctx.sourceElement;
  if (!form?.matches?.("[data-composer]")) return;
  form.sending = false;
  const status = e.detail.ctx.response?.status || 0;
  if (status >= 200 && status < 300) {
    form.out.shift();
    problem(form, "");
    if (document.querySelector("#availability.suspect")) sendFrame({ type: "alive" });
    pinThread(form.closest(".pane"));
    scrollPinned();
  } else if (status === 401) {
    explainWaiting(form);
    save(form.closest(".pane"));
    whenLoggedIn().then(() => setTimeout(sendNext, 1000, form)); // in case the socket does not open again
    return;
  } else if (status >= 400 && status < 500 && status !== 429) { // refused: the answer says why
    restoreFirst(form);
  } else { // not reached, busy or failing: the same item again in a moment
    const after = +e.detail.ctx.response?.headers?.get("Retry-After") || 2;
    problem(form, status === 429 ? "Parley is busy. Your message will be sent in a moment." : "Not sent yet. Trying again…");
    setTimeout(() => sendNext(form), Math.min(after, 30) * 1000);
    return;
  }
  save(form.closest(".pane"));
  setTimeout(() => sendNext(form));
});
document.addEventListener("htmx:error", (e) => {
  const from = e.detail.ctx?.sourceElement;
  if (from && !from.matches?.("[data-composer]")) showError("The server can’t be reached. Try again in a moment.");
});

// Edits a reply, by default the last one: its text is put into the text area.
export function edit(pane, seq) {
  const form = composer(pane);
  const last = all(".message.agent", thread(pane)).at(-1);
  const of = seq || last?.dataset.seq;
  if (!of || textArea(form).value.trim()) return;
  if (thread(pane).querySelector(`[data-seq="${of}"] .file`)) { // a file cannot be edited, only deleted
    if (!confirm("Delete this file? The visitor will see that it was deleted.")) return;
    form.out.push({ id: uuid(), kind: "edit", body: "", of });
    save(pane);
    return sendNext(form);
  }
  request("/desk/conversations/" + pane.dataset.conversation + "/messages/" + of).then(async (res) => {
    if (!res.ok || textArea(form).value.trim()) return;
    setMode(form, "text");
    textArea(form).value = await res.text();
    form.editing = of;
    form.classList.add("editing");
    fitHeight(textArea(form));
    textArea(form).focus();
    save(pane);
  }).catch(() => showError("The server can’t be reached. Try again in a moment."));
}
function stopEditing(form) {
  form.editing = undefined;
  form.classList.remove("editing");
  textArea(form).value = "";
  fitHeight(textArea(form));
  save(form.closest(".pane"));
}

export const fitHeight = (text) => {
  text.style.height = "auto";
  if (text.scrollHeight > text.clientHeight) text.style.height = text.scrollHeight + 2 + "px"; // the stylesheet sets the maximum
  text.dispatchEvent(new Event("recount", { bubbles: true }));
};
let typingSentAt = 0;
panes.addEventListener("input", (e) => {
  const form = e.target.closest("[data-composer]");
  if (!form || e.target !== textArea(form)) return;
  const pane = form.closest(".pane");
  if (!textArea(form).value && !form.editing) form.origin = undefined;
  save(pane);
  fitHeight(textArea(form));
  if (form.long && !isTooLong(form, textArea(form).value) || form.checkedText !== undefined) problem(form, "");
  form.checkedText = undefined;
  if (form.mode === "text" && Date.now() - typingSentAt > 1500) {
    typingSentAt = Date.now();
    sendFrame({ type: "typing", conversation: pane.dataset.conversation });
  }
});

let enterPressed = false; // Enter sends; some phone keyboards insert the line break all the same
panes.addEventListener("keydown", (e) => {
  const inText = e.target.matches("[data-composer] textarea");
  if (inText && e.key === "Escape" && e.target.form.editing) return stopEditing(e.target.form);
  if (inText && e.key === "ArrowUp" && !e.target.value && !e.altKey && !e.ctrlKey && !e.metaKey) { e.preventDefault(); return edit(e.target.closest(".pane")); }
  enterPressed = e.key === "Enter" && !e.shiftKey && !e.altKey && !e.ctrlKey && !e.metaKey && !e.isComposing && inText && !e.defaultPrevented;
  if (!enterPressed) return;
  e.preventDefault();
  send(e.target.form);
});
panes.addEventListener("beforeinput", (e) => { if (enterPressed && e.inputType === "insertLineBreak") e.preventDefault(); });

export function sendAndNext(pane) {
  if (!send(composer(pane))) return;
  const next = mostUrgent();
  if (next) focusPane(paneOf(next));
}

document.addEventListener("submit", (e) => {
  const pane = e.target.closest(".pane");
  if (e.target.matches("form.close") && (textArea(composer(pane)).value.trim() || entryOf(pane)?.dataset.since)) {
    const why = textArea(composer(pane)).value.trim() ? "Your unsent reply will be lost." : "The visitor’s last message hasn’t been answered.";
    if (!confirm("Close this conversation? " + why)) {
      e.preventDefault();
      e.stopImmediatePropagation();
    }
  }
  if (!e.target.matches("[data-composer]")) return;
  e.preventDefault();
  send(e.target);
}, true);
document.addEventListener("change", (e) => {
  if (e.target.id !== "status") return;
  const mineNow = all("#mine > :not(.participating)").length;
  if (e.target.value === "offline" && mineNow && !confirm("Go offline? Your open conversations return to the queue.")) {
    e.stopImmediatePropagation();
    e.target.value = all("option", e.target).find((o) => o.defaultSelected).value;
  }
}, true);
