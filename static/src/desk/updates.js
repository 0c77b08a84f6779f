// Puts pushed and loaded fragments into the page without disturbing an agent who is working in it, and notifies of what is new.
import { $, all, composer, element, ownList, panes, queueList, textArea } from "./dom.js";
import { addWithoutFocus, arrange, focusPane, inFocus, refreshLists, unseen } from "./panes.js";
import { notifyAgent } from "./notifications.js";
import { setMode } from "./composer.js";
import { completeSuggestions } from "./suggestions.js";
import { draftAutomatically } from "./drafts.js";
import { trimThread } from "./olderMessages.js";
import { loadUnsent, notePushed } from "./paneLoading.js";
import { setUpPane } from "./paneSetup.js";
import { sendFrame } from "./socket.js";
import { onFrame, splitID } from "./socketFrames.js";
import { cursor, isLight, pinThreads, scrollPinned, scrollToEnd, showReadMark, thread } from "./threads.js";

let confirmationTimer;
let ready = false; // the first frame, which brings the lists, has come: what follows is news

// Returns the id of the element that a part of an answer or a frame is for.
const targetID = (task) => task.target?.id || String(task.target).replace(/^#/, "");

// Changes entries of the lists in place, so that a click or the focus on one is not lost by an update.
function updateInPlace(task) {
  const list = [queueList, ownList].find((l) => targetID(task) === l.id);
  if (!list) return;
  if (task.swapSpec.style === "innerHTML") { // the frame has the whole list
    const currentIDs = new Set([...task.fragment.children].map((e) => e.id));
    for (const e of [...list.children]) if (!currentIDs.has(e.id)) e.remove();
    task.swapSpec = { style: "upsert", key: "data-since", sort: true };
  }
  for (const e of [...task.fragment.children]) {
    const there = $(e.id);
    if (!there) continue;
    there.dataset.since = e.dataset.since;
    if (there.className.replace(/ ?(shown|fresh|now)\b/g, "") !== e.className) continue; // it has become another kind of entry: htmx replaces it
    there.querySelector("button").replaceChildren(...e.querySelector("button").childNodes);
    e.remove();
  }
}

// Frames come in the order of what happened, but an answer to a request may be older than a frame that came since the request was made.
// Such an answer does not change the entries and the state of conversations that a frame has changed.
const changedAt = new Map(); // conversation id to the number of the last frame that changed its state
const stateKinds = ["queue", "mine", "state"]; // elements that show a conversation's state
let frameNumber = 0;
document.addEventListener("htmx:before:request", (e) => { e.detail.ctx.began = frameNumber; });
function dropOutdated(task, began) {
  const newer = (id) => changedAt.get(splitID(id).conversation) > began;
  const target = targetID(task);
  if (stateKinds.includes(splitID(target).kind) && newer(target)) task.swapSpec = { style: "none" };
  else if (target === queueList.id || target === ownList.id) for (const e of [...task.fragment.children]) if (newer(e.id)) e.remove();
}

// Keeps a pane with unsent text or files when the server removes it: the agent closes it.
function keepUnsentPane(task) {
  if (task.swapSpec.style !== "delete") return;
  const pane = $(targetID(task)), form = pane?.matches(".pane") && composer(pane);
  if (!form || !(textArea(form).value.trim() || form.out?.length || form.staged?.length || form.going?.length)) return;
  task.swapSpec = { style: "none" };
  const state = pane.querySelector(".state");
  state.className = "state gone";
  state.replaceChildren(element("span", {}, "This conversation is no longer assigned to you. Your unsent text was not sent."),
    element("button", { type: "button", class: "quiet", "data-dismiss": "", "data-key": "dismiss" }, "Dismiss"));
  thread(pane).replaceChildren(); // the agent may no longer have the right to see it
}

// Keeps this page's own error beside a composer when the server clears its errors: what is not sent yet is still not sent.
function keepPageError(task) {
  const target = targetID(task), form = splitID(target).kind === "error" && $(target)?.closest("form");
  if (!form) return;
  if (task.fragment.textContent.trim()) form.hasOwnError = false;
  else if (form.hasOwnError) task.swapSpec = { style: "none" };
}

const paneKinds = ["thread", "suggest", "participants", "m", "pane", "read", "state", "name"]; // elements of a pane
const changedPanes = new Set(); // conversation ids of panes that a swap has changed, until they are updated
document.addEventListener("htmx:before:swap", (e) => {
  for (const task of e.detail.tasks) {
    if (e.detail.ctx?.began !== undefined) dropOutdated(task, e.detail.ctx.began);
    updateInPlace(task);
    keepUnsentPane(task);
    keepPageError(task);
    const { kind, conversation } = splitID(targetID(task));
    if (paneKinds.includes(kind)) { changedPanes.add(conversation); notePushed(conversation, task); }
    // A pane that is there already keeps its thread and its draft.
    for (const once of all("[data-once]", task.fragment)) if ($(once.id)) once.remove();
  }
  pinThreads();
});
document.addEventListener("htmx:after:swap", () => {
  for (const id of changedPanes) {
    const pane = $("pane-" + id);
    if (!pane) continue; // not there yet, or removed
    changedPanes.delete(id);
    if (isLight(pane)) continue;
    // A participant may write notes only, until the visitor is opened to them, too.
    const form = composer(pane), notesOnly = !!pane.querySelector(".participants.notes-only");
    if (notesOnly !== !!form.notesOnly) setMode(form, notesOnly ? "note" : "text");
    form.notesOnly = notesOnly;
    completeSuggestions(pane);
    showReadMark(pane);
    trimThread(pane);
  }
  for (const done of all("[data-done]", panes)) done.closest("[data-transfer]").open = false;
  if ($("done").firstChild) { clearTimeout(confirmationTimer); confirmationTimer = setTimeout(() => $("done").replaceChildren(), 6000); }
  const to = panes.querySelector("[data-transfer][open] select:not([data-seen])");
  if (to) { to.dataset.seen = ""; to.focus(); }
  scheduleRefresh();
  scrollPinned();
  if (ready && inFocus()) draftAutomatically(inFocus());
});

// Refreshes the lists once for all frames that come before the next repaint; at once while the page is hidden, as nothing is painted then.
let scheduled = false;
function scheduleRefresh() {
  if (scheduled) return;
  if (document.hidden) return refreshLists();
  scheduled = true;
  requestAnimationFrame(() => { scheduled = false; refreshLists(); reportSeen(); });
}

// Reports messages on the screen as seen while the agent is looking at the page.
function reportSeen() {
  if (document.hidden || !document.hasFocus()) return;
  for (const pane of all(".pane.shown:not(.light)", panes)) {
    const seq = +all(".message.visitor", thread(pane)).at(-1)?.dataset.seq || 0;
    if (seq <= (pane.seen || 0) || !pane.querySelector(".state.open:not(.gone)")) continue;
    pane.seen = seq;
    sendFrame({ type: "seen", conversation: pane.dataset.conversation, seq });
  }
}
addEventListener("focus", reportSeen);

// Notes the conversations whose state a frame changes.
function noteState(frame) {
  if (changedAt.size > 5000) changedAt.clear();
  frameNumber++;
  for (const e of all("[id], [hx-target]", frame)) {
    const { kind, conversation } = splitID(e.id || e.getAttribute("hx-target"));
    if (stateKinds.includes(kind)) changedAt.set(conversation, frameNumber);
  }
}

// Notifies of a visitor's message or a note that this page does not have yet.
function announceMessage(frame) {
  for (const message of all(".message:is(.visitor, .note)", frame)) {
    if ($(message.id)) continue;
    const { conversation, seq } = splitID(message.id), pane = $("pane-" + conversation), note = message.matches(".note");
    if (isLight(pane) && seq <= cursor(pane)) continue;
    if (!note) $("typing-" + conversation)?.replaceChildren();
    notifyAgent(ready, note ? "note" : "message", pane, message.closest(".pane") ? "" : message.querySelector(".body")?.textContent || "");
    if (pane && (document.hidden || !pane.classList.contains("shown"))) unseen.add(conversation);
    break;
  }
}

// Notifies of a conversation that was assigned to this agent, has come into the queue, or is offered to this agent.
function announceConversation(frame) {
  const pane = frame.querySelector(".pane"), entry = frame.querySelector('.entry[id^="queue-"]:not([data-known])');
  if (pane && !$(pane.id) && !takeRequested) notifyAgent(ready, "given", null, "A conversation was assigned to you");
  if (!entry) return;
  // Of a conversation that the agent has, the entry is from before it was taken: the answer to that was quicker.
  const offered = entry.matches(".offered"), own = $("pane-" + splitID(entry.id).conversation);
  if (offered ? !$(entry.id)?.matches(".offered") : !$(entry.id) && (!own || own.querySelector(".state.gone"))) {
    notifyAgent(ready, offered ? "offer" : "line", null, offered ? "A team member offers you a conversation" : "A visitor is waiting in the queue");
  }
}

onFrame((frame) => {
  noteState(frame);
  announceMessage(frame);
  announceConversation(frame);
});
document.addEventListener("htmx:ws:after:message:incoming", () => {
  ready = true;
  document.body.classList.add("ready");
  arrange();
});

// A new pane gets the focus if the agent has requested it.
let takeRequested = false;
document.addEventListener("htmx:before:request", (e) => {
  if (/\/take$/.test(e.detail.ctx.request.action)) takeRequested = true;
  if (e.detail.ctx.request.method !== "GET") $("trouble").replaceChildren();
});
new MutationObserver((changes) => {
  for (const c of changes) for (const node of c.addedNodes) {
    if (!node.matches?.(".pane") || node.loaded) continue;
    if (!isLight(node)) setUpPane(node);
    const shown = all(".pane.shown", panes).length;
    if (takeRequested || !shown) focusPane(node, takeRequested || document.activeElement === document.body);
    else addWithoutFocus(node);
    takeRequested = false;
    scrollToEnd(node);
  }
}).observe(panes, { childList: true });

export function start() {
  for (const p of all(".pane:not(.light)", panes)) setUpPane(p);
  document.addEventListener("DOMContentLoaded", loadUnsent); // htmx is loaded by then
  refreshLists();
  for (const p of all(".pane.shown", panes)) scrollToEnd(p);
  const called = $(location.hash.slice(1)); // by a link of the live monitor
  if (called && panes.contains(called)) setTimeout(() => focusPane(called), 50); // after the browser has scrolled to it
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) { refreshLists(); reportSeen(); } });
