// What comes in: how fragments are put into the page without disturbing whoever works in it.
import { $, all, area, composer, line, make, mine, panes } from "./dom.js";
import { addQuietly, arrange, atEnd, focus, fresh, holdEnd, inFocus, settle, thread, toEnd } from "./panes.js";
import { attention } from "./attention.js";
import { kind, restore } from "./composer.js";
import { dressed } from "./suggest.js";
import { automatic } from "./drafts.js";
import { trim } from "./history.js";
import { tell } from "./socket.js";
import { cursorOf, isLight, loadUnsent, noteNews } from "./loading.js";

let thanks;
let ready = false; // the first frame, which brings the lists, has come: what comes now is news

// A fragment marked data-once is put in once: a pane that is there already keeps its thread and its draft.
// An entry that is there is changed in place: a click or the focus on it must not be lost because news came in.
function inPlace(task) {
  const list = [line, mine].find((l) => task.target === l || task.target === "#" + l.id);
  if (!list) return;
  if (task.swapSpec.style === "innerHTML") { // the whole list as it is now
    const now = new Set([...task.fragment.children].map((e) => e.id));
    for (const e of [...list.children]) if (!now.has(e.id)) e.remove();
    task.swapSpec = { style: "upsert", key: "data-since", sort: true };
  }
  for (const e of [...task.fragment.children]) {
    const there = $(e.id);
    if (!there) continue;
    there.dataset.since = e.dataset.since;
    if (there.className.replace(/ ?(shown|fresh|now)\b/g, "") !== e.className) continue; // another kind of entry: it is replaced
    there.querySelector("button").replaceChildren(...e.querySelector("button").childNodes);
    e.remove();
  }
}

// What the socket brings is in the order of what happened. An answer to a request may be older than that: of a conversation that the socket
// has brought something about since the request was made, its entries and its state are left as they are.
const brought = new Map(); // conversation to when
let now = 0;
document.addEventListener("htmx:before:request", (e) => { e.detail.ctx.began = now; });
function older(task, began) {
  const newer = (id) => brought.get(/[0-9a-f-]{36}/.exec(id)?.[0]) > began;
  const target = task.target?.id || String(task.target);
  if (/^#?(line|mine|state)-/.test(target) && newer(target)) task.swapSpec = { style: "none" };
  else if (/^#?(line|mine)$/.test(target)) for (const e of [...task.fragment.children]) if (newer(e.id)) e.remove();
}

// A pane with something unsent in it is not taken away with it: it stays until its writer has taken it off the desk.
function keepsUnsent(task) {
  if (task.swapSpec.style !== "delete") return;
  const pane = $((task.target?.id || String(task.target)).replace(/^#/, "")), form = pane?.matches(".pane") && composer(pane);
  if (!form || !(area(form).value.trim() || form.out?.length || form.staged?.length || form.going?.length)) return;
  task.swapSpec = { style: "none" };
  const state = pane.querySelector(".state");
  state.className = "state gone";
  state.replaceChildren(make("span", {}, "You no longer have this conversation. What you wrote is not sent."),
    make("button", { type: "button", class: "quiet", "data-dismiss": "", "data-key": "remove" }, "Take it off the desk"));
  thread(pane).replaceChildren(); // it may not be this agent's to see any more
}

// Beside a composer the server takes back its own words only: what is not sent yet is not sent, whatever becomes of the conversation.
function keepsSaid(task) {
  const target = task.target?.id || String(task.target), form = /^#?error-/.test(target) && $(target.replace(/^#/, ""))?.closest("form");
  if (!form) return;
  if (task.fragment.textContent.trim()) form.says = false;
  else if (form.says) task.swapSpec = { style: "none" };
}

export let ends = [];
const touched = new Set(); // panes with something new in them, since they were last looked after
document.addEventListener("htmx:before:swap", (e) => {
  for (const task of e.detail.tasks) {
    if (e.detail.ctx?.began !== undefined) older(task, e.detail.ctx.began);
    inPlace(task);
    keepsUnsent(task);
    keepsSaid(task);
    const id = /(?:thread|suggest|guests|m|pane|read|state|name)-([0-9a-f-]{36})/.exec(task.target?.id || task.target)?.[1];
    if (id) { touched.add(id); noteNews(id, task); }
    for (const once of all("[data-once]", task.fragment)) if ($(once.id)) once.remove();
  }
  ends = all(".pane.shown:not(.light)", panes).map(thread).filter(atEnd);
});
document.addEventListener("htmx:after:swap", () => {
  for (const id of touched) {
    const pane = $("pane-" + id);
    if (!pane) continue; // on its way; or gone
    touched.delete(id);
    if (isLight(pane)) continue;
    // a guest may write notes only, or by now to the visitor too
    const form = composer(pane), mute = !!pane.querySelector(".guests.mute");
    if (mute !== !!form.mute) kind(form, mute ? "note" : "text");
    form.mute = mute;
    dressed(pane);
    readMark(pane);
    trim(pane, ends.includes(thread(pane)));
  }
  for (const done of all("[data-done]", panes)) done.closest("[data-hand]").open = false;
  if ($("done").firstChild) { clearTimeout(thanks); thanks = setTimeout(() => $("done").replaceChildren(), 6000); }
  const to = panes.querySelector("[data-hand][open] select:not([data-seen])");
  if (to) { to.dataset.seen = ""; to.focus(); }
  soon();
  for (const t of ends) t.scrollTop = t.scrollHeight;
  if (ready && inFocus()) automatic(inFocus());
});

// Under the last reply that the visitor has read.
function readMark(pane) {
  const upTo = +$("read-" + pane.dataset.conversation)?.textContent || 0;
  const last = all(".message.agent", thread(pane)).filter((m) => +m.dataset.seq <= upTo).at(-1), old = pane.querySelector(".message.read");
  if (old === last) return;
  old?.classList.remove("read");
  last?.classList.add("read");
}

// Lists and title once for all that comes in before the next picture; at once where nothing is drawn.
let settling = false;
function soon() {
  if (settling) return;
  if (document.hidden) return settle();
  settling = true;
  requestAnimationFrame(() => { settling = false; settle(); reading(); });
}

// What is on the screen of somebody who looks at it has been read.
function reading() {
  if (document.hidden || !document.hasFocus()) return;
  for (const pane of all(".pane.shown:not(.light)", panes)) {
    const seq = +all(".message.visitor", thread(pane)).at(-1)?.dataset.seq || 0;
    if (seq <= (pane.seen || 0) || !pane.querySelector(".state.open:not(.gone)")) continue;
    pane.seen = seq;
    tell({ type: "seen", conversation: pane.dataset.conversation, seq });
  }
}
addEventListener("focus", reading);

const plainText = (html) => /<div class="body">([\s\S]*?)<\/div>/.exec(html)?.[1].replace(/<[^>]+>/g, "").replace(/&#?\w+;/g, "’") || "";

document.addEventListener("htmx:ws:before:message:incoming", (e) => {
  const text = e.detail.message.data;
  if (typeof text !== "string") return;
  if (brought.size > 5000) brought.clear();
  now++;
  for (const [, id] of text.matchAll(/(?:line|mine|state)-([0-9a-f-]{36})/g)) brought.set(id, now);
  for (const [, id, of] of text.matchAll(/ id="(m-[^"]+)" class="message (visitor|note)"/g)) {
    if ($(id)) continue;
    const pane = $("pane-" + id.slice(2, 38));
    if (isLight(pane) && +id.slice(39) <= cursorOf(pane)) continue;
    if (of === "visitor") $("typing-" + id.slice(2, 38))?.replaceChildren();
    attention(ready, of === "note" ? "note" : "message", pane, text.includes('class="pane"') ? "" : plainText(text));
    if (pane && (document.hidden || !pane.classList.contains("shown"))) fresh.add(pane.dataset.conversation);
    break;
  }
  const given = /<section id="(pane-[^"]+)"/.exec(text);
  if (given && !$(given[1]) && !asked) attention(ready, "given", null, "A conversation has come to you");
  const waiting = / id="line-([^"]+)" class="entry( offered)?"/.exec(text);
  if (waiting && !$("line-" + waiting[1])?.matches(waiting[2] ? ".offered" : "*")) {
    attention(ready, waiting[2] ? "offer" : "line", null, waiting[2] ? "A colleague offers you a conversation" : "Somebody is waiting in the line");
  }
  if (text.includes('hx-target="#typing-')) fade(/ hx-target="#(typing-[^"]+)"/.exec(text)[1]);
});
document.addEventListener("htmx:ws:after:message:incoming", () => {
  ready = true;
  document.body.classList.add("ready");
  arrange();
});

const fading = {};
function fade(id) {
  clearTimeout(fading[id]);
  fading[id] = setTimeout(() => $(id)?.replaceChildren(), 5000);
}

// A pane that has just come in takes the focus if the agent asked for it.
let asked = false;
document.addEventListener("htmx:before:request", (e) => {
  if (/\/take$/.test(e.detail.ctx.request.action)) asked = true;
  if (e.detail.ctx.request.method !== "GET") $("trouble").replaceChildren();
});
new MutationObserver((changes) => {
  for (const c of changes) for (const node of c.addedNodes) {
    if (!node.matches?.(".pane") || node.loaded) continue;
    if (!isLight(node)) dressPane(node);
    const shown = all(".pane.shown", panes).length;
    if (asked || !shown) focus(node, asked || document.activeElement === document.body);
    else addQuietly(node);
    asked = false;
    toEnd(node);
  }
}).observe(panes, { childList: true });

// What the script adds to a pane that has just come in.
export function dressPane(pane) {
  restore(pane);
  dressed(pane);
  readMark(pane);
  toEnd(pane);
  holdEnd(pane);
}

export function begin() {
  for (const p of all(".pane:not(.light)", panes)) dressPane(p);
  document.addEventListener("DOMContentLoaded", loadUnsent); // htmx is there by then
  settle();
  for (const p of all(".pane.shown", panes)) toEnd(p);
  const called = $(location.hash.slice(1)); // from the board
  if (called && panes.contains(called)) setTimeout(() => focus(called), 50); // after the browser's own jump
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) { settle(); reading(); } });
