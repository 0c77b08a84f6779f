// Composers. What is sent leaves the text area at once and waits in the pane's outbox until the server has kept it, one after
// another. Its id is made once, so trying again says nothing twice. Drafts and outboxes survive a reload. The outbox is bound
// to its conversation: what the server refuses goes back to its writer, in the same pane.
import { all, area, composer, entryOf, panes, trouble, uuid, wishes } from "./dom.js";
import { askPassword, isOver, refused, user } from "./session.js";
import { request } from "./server.js";
import { cursor, focus, paneOf, settle, thread, urgent } from "./panes.js";
import { ends } from "./incoming.js";
import { tell } from "./socket.js";
import { sendStaged, upload } from "./files.js";

const memory = (pane) => "parley.pane." + user + "." + pane.dataset.conversation; // nobody gets another user's
const undoSeconds = 5;

export function keep(pane) {
  const form = composer(pane);
  const state = { draft: area(form).value, kind: form.mode, out: form.out, origin: form.origin, editing: form.editing };
  try {
    if (state.draft || state.out.length) sessionStorage.setItem(memory(pane), JSON.stringify(state));
    else sessionStorage.removeItem(memory(pane));
  } catch { /* storage is off: the page itself remembers */ }
}
export function restore(pane) {
  const form = composer(pane);
  let state = {};
  try { state = JSON.parse(sessionStorage.getItem(memory(pane))) || {}; } catch { /* as above */ }
  form.out = state.out || [];
  form.origin = state.origin;
  area(form).value ||= state.draft || "";
  kind(form, state.kind || "text");
  form.editing = state.editing;
  form.classList.toggle("editing", !!form.editing);
  grow(area(form));
  pump(form);
}
// Whether something of a pane that is not loaded is still to be sent.
export function unsent(pane) {
  try { return !!JSON.parse(sessionStorage.getItem(memory(pane)))?.out?.length; } catch { return false; }
}
export function forget(pane) {
  try { sessionStorage.removeItem(memory(pane)); } catch { /* as above */ }
}

export function kind(form, to) {
  form.mode = to;
  form.classList.toggle("noting", to === "note");
  for (const b of all("[data-kind]", form)) b.setAttribute("aria-pressed", String(b.dataset.kind === to));
  area(form).placeholder = to === "note" ? "Write a note. Only your colleagues can see it." : "Write a reply. Enter sends, Shift+Enter makes a new line.";
}

// What this page says beside a composer. The server takes back its own words only: see incoming.js.
function problem(form, text, long = false) {
  form.querySelector(".error").textContent = text;
  form.says = !!text;
  form.classList.toggle("long", form.long = long); // the number of characters is there, too: why it is marked is said once
}
const usual = (form) => (form.closest(".pane").querySelector(".guests.mute") ? "note" : "text");

// Puts a text where the cursor is, or in place of what is there.
export function insert(form, text, { replace = false, origin } = {}) {
  const a = area(form);
  if (replace) a.setRangeText(text, 0, a.value.length, "end");
  else {
    const gap = a.selectionStart > 0 && !/\s$/.test(a.value.slice(0, a.selectionStart)) ? " " : "";
    a.setRangeText(gap + text, a.selectionStart, a.selectionEnd, "end");
  }
  if (origin) form.origin = origin;
  grow(a);
  keep(form.closest(".pane"));
}

// How many characters a text has, as the server counts them.
const length = (text) => [...text.normalize("NFC").trim()].length;
export const tooLong = (form, text) => length(text) > +area(form).dataset.most;

// Who doubts that a text is to be sent as it is returns a question; sent once more, it is.
const doubts = [];
export const onDoubt = (f) => doubts.push(f);

export function send(form, text = area(form).value, origin = form.origin) {
  if (tooLong(form, text)) {
    problem(form, "This text is too long to send. Shorten it, or send it in parts.", true);
    area(form).focus();
    return false;
  }
  const doubt = form.mode === "text" && form.doubted !== text && doubts.map((f) => f(form.closest(".pane"), text)).find(Boolean);
  if (doubt) {
    form.doubted = text;
    problem(form, doubt);
    area(form).focus();
    return false;
  }
  form.doubted = undefined;
  const files = form.mode === "text" && sendStaged(form);
  if (!text.trim() && !form.editing) {
    if (files) { answered(form.closest(".pane")); pump(form); }
    return files;
  }
  const item = { id: uuid(), kind: form.mode, body: text, of: "", entry: "", for: "", how: "", ...(form.mode === "text" && origin) };
  if (form.editing) {
    if (!text.trim() && !confirm("Take this reply back? The visitor sees that it was.")) return false;
    Object.assign(item, { kind: "edit", of: form.editing, entry: "" });
  }
  if (wishes.undo && item.kind === "text") item.until = Date.now() + undoSeconds * 1000;
  form.out.push(item);
  area(form).value = "";
  form.origin = form.editing = undefined;
  form.classList.remove("editing");
  kind(form, usual(form));
  grow(area(form));
  problem(form, "");
  form.querySelector(".brought")?.remove();
  keep(form.closest(".pane"));
  if (item.kind === "text") answered(form.closest(".pane"));
  pump(form);
  return true;
}

// Who is being answered waits no longer, as far as this desk can know: the next most urgent is another one.
function answered(pane) {
  const entry = entryOf(pane);
  if (!entry?.dataset.since || entry.matches(".guest")) return;
  entry.dataset.since = "";
  settle();
}

export function pump(form) {
  const next = form.out[0];
  hold(form, next);
  if (!next) return void upload(form);
  if (form.sending || !form.isConnected || !window.htmx || next.until > Date.now()) return; // without htmx yet: when the socket is open
  if (isOver()) { waits(form); return askPassword(); }
  form.sending = true;
  for (const name of ["id", "kind", "body", "of", "entry", "for", "how"]) form.elements[name].value = next[name] ?? "";
  form.elements.after.value = cursor(form.closest(".pane"));
  htmx.trigger(form, "send");
}

// Says what is not sent before somebody has logged in.
function waits(form) {
  const { body, kind } = form.out[0], begin = [...body.trim()];
  const what = !begin.length ? "The change" : (kind === "note" ? "The note" : "The reply") + " “" + begin.slice(0, 60).join("") + (begin.length > 60 ? "…" : "") + "”";
  problem(form, what + " is not sent yet, because your session has ended. It is sent when you have logged in again.");
}

// What is about to be sent can be stopped.
function hold(form, next) {
  const held = form.querySelector(".held"), left = next?.until ? Math.ceil((next.until - Date.now()) / 1000) : 0;
  held.hidden = !(left > 0);
  if (left <= 0) return;
  held.querySelector("b").textContent = left;
  clearTimeout(form.holding);
  form.holding = setTimeout(() => pump(form), Math.min(1000, next.until - Date.now() + 10));
}
export function undo(form) {
  const next = form.out[0];
  if (!next?.until || form.sending) return;
  back(form);
  pump(form);
}

// The first of the outbox goes back to its writer.
function back(form) {
  const item = form.out.shift(), a = area(form);
  a.value = [item.body, a.value].filter(Boolean).join("\n");
  kind(form, item.kind === "edit" ? "text" : item.kind);
  if (item.entry) form.origin = { entry: item.entry, for: item.for, how: item.how };
  if (item.kind === "edit") { form.editing = item.of; form.classList.add("editing"); }
  grow(a);
  keep(form.closest(".pane"));
}

document.addEventListener("htmx:finally:request", (e) => {
  const form = e.detail.ctx.sourceElement;
  if (!form?.matches?.("[data-composer]")) return;
  form.sending = false;
  const status = e.detail.ctx.response?.status || 0;
  if (status >= 200 && status < 300) {
    form.out.shift();
    problem(form, "");
    if (document.querySelector("#availability.suspect")) tell({ type: "alive" });
    ends.push(thread(form.closest(".pane")));
    for (const t of ends) t.scrollTop = t.scrollHeight;
  } else if (status === 401) {
    waits(form);
    keep(form.closest(".pane"));
    refused().then(() => setTimeout(pump, 1000, form)); // if the socket's opening has not
    return;
  } else if (status >= 400 && status < 500 && status !== 429) { // refused, and the server says why
    back(form);
  } else { // not reached, busy, or not well: the same again in a moment
    const after = +e.detail.ctx.response?.headers?.get("Retry-After") || 2;
    problem(form, status === 429 ? "Parley is busy. This is sent again by itself in a moment." : "Not sent yet; it is tried again by itself.");
    setTimeout(() => pump(form), Math.min(after, 30) * 1000);
    return;
  }
  keep(form.closest(".pane"));
  setTimeout(() => pump(form));
});
document.addEventListener("htmx:error", (e) => {
  const from = e.detail.ctx?.sourceElement;
  if (from && !from.matches?.("[data-composer]")) trouble("The server cannot be reached. Please try again in a moment.");
});

// Change the last reply: its text comes back into the text area.
export function edit(pane, seq) {
  const form = composer(pane);
  const last = all(".message.agent", thread(pane)).at(-1);
  const of = seq || last?.dataset.seq;
  if (!of || area(form).value.trim()) return;
  if (thread(pane).querySelector(`[data-seq="${of}"] .file`)) { // a file can only be taken back
    if (!confirm("Take this file back? The visitor sees that it was.")) return;
    form.out.push({ id: uuid(), kind: "edit", body: "", of });
    keep(pane);
    return pump(form);
  }
  request("/desk/conversations/" + pane.dataset.conversation + "/messages/" + of).then(async (res) => {
    if (!res.ok || area(form).value.trim()) return;
    kind(form, "text");
    area(form).value = await res.text();
    form.editing = of;
    form.classList.add("editing");
    grow(area(form));
    area(form).focus();
    keep(pane);
  }).catch(() => trouble("The server cannot be reached. Please try again in a moment."));
}
function stopEditing(form) {
  form.editing = undefined;
  form.classList.remove("editing");
  area(form).value = "";
  grow(area(form));
  keep(form.closest(".pane"));
}

export const grow = (text) => {
  text.style.height = "auto";
  if (text.scrollHeight > text.clientHeight) text.style.height = text.scrollHeight + 2 + "px"; // at most what the stylesheet allows
  text.dispatchEvent(new Event("recount", { bubbles: true }));
};
let typed = 0;
panes.addEventListener("input", (e) => {
  const form = e.target.closest("[data-composer]");
  if (!form || e.target !== area(form)) return;
  const pane = form.closest(".pane");
  if (!area(form).value && !form.editing) form.origin = undefined;
  keep(pane);
  grow(area(form));
  if (form.long && !tooLong(form, area(form).value) || form.doubted !== undefined) problem(form, "");
  form.doubted = undefined;
  if (form.mode === "text" && Date.now() - typed > 1500) {
    typed = Date.now();
    tell({ type: "typing", conversation: pane.dataset.conversation });
  }
});

let entered = false; // Enter sends; some keyboards insert its line break all the same
panes.addEventListener("keydown", (e) => {
  const inText = e.target.matches("[data-composer] textarea");
  if (inText && e.key === "Escape" && e.target.form.editing) return stopEditing(e.target.form);
  if (inText && e.key === "ArrowUp" && !e.target.value && !e.altKey && !e.ctrlKey && !e.metaKey) { e.preventDefault(); return edit(e.target.closest(".pane")); }
  entered = e.key === "Enter" && !e.shiftKey && !e.altKey && !e.ctrlKey && !e.metaKey && !e.isComposing && inText && !e.defaultPrevented;
  if (!entered) return;
  e.preventDefault();
  send(e.target.form);
});
panes.addEventListener("beforeinput", (e) => { if (entered && e.inputType === "insertLineBreak") e.preventDefault(); });

export function sendAndNext(pane) {
  if (!send(composer(pane))) return;
  const next = urgent();
  if (next) focus(paneOf(next));
}

document.addEventListener("submit", (e) => {
  const pane = e.target.closest(".pane");
  if (e.target.matches("form.close") && (area(composer(pane)).value.trim() || entryOf(pane)?.dataset.since)) {
    const why = area(composer(pane)).value.trim() ? "There is an unsent text in it." : "The visitor’s last message is unanswered.";
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
  const mineNow = all("#mine > :not(.guest)").length;
  if (e.target.value === "offline" && mineNow && !confirm("Go offline? Your open conversations go back into the line.")) {
    e.stopImmediatePropagation();
    e.target.value = all("option", e.target).find((o) => o.defaultSelected).value;
  }
}, true);
