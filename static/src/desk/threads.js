// Threads: how far a pane's messages have come, and keeping the newest in view.
import { $, all, panes } from "./dom.js";

// A light pane comes without its thread, which is loaded when the pane is shown (see paneLoading.js).
export const isLight = (pane) => !!pane?.classList.contains("light");

export const thread = (pane) => pane.querySelector(".thread");

// The number of the newest message that the page has of a conversation.
export const cursor = (pane) => +(isLight(pane) ? pane.dataset.cursor : thread(pane).lastElementChild?.dataset.seq) || 0;

export const scrollToEnd = (pane) => { const t = thread(pane); if (t) { t.scrolledUp = false; t.scrollTop = t.scrollHeight; } };
const isAtEnd = (t) => t.scrollHeight - t.scrollTop - t.clientHeight < 80;

// Threads that were at their end before the present change of the page, and are to stay there.
let pinned = [];
export const pinThreads = () => { pinned = all(".pane.shown:not(.light)", panes).map(thread).filter(isAtEnd); };
export const pinThread = (pane) => { pinned.push(thread(pane)); };
export const isPinned = (pane) => pinned.includes(thread(pane));
export const scrollPinned = () => { for (const t of pinned) t.scrollTop = t.scrollHeight; };

// Whether somebody has scrolled up is known from scrolling only: what takes room from a thread (a long text, a notice, a narrower window),
// or shows it for the first time, leaves its end in view.
const sizeOf = (t) => t.clientWidth + " " + t.clientHeight;
const sizes = window.ResizeObserver && new ResizeObserver((changes) => {
  for (const { target: t } of changes) {
    t.size = sizeOf(t);
    if (t.clientHeight && !t.scrolledUp) t.scrollTop = t.scrollHeight;
  }
});
export const observeSize = (pane) => { const t = thread(pane); if (t) sizes?.observe(t); };
panes.addEventListener("scroll", ({ target: t }) => {
  if (t.matches?.(".thread") && t.clientHeight && t.size === sizeOf(t)) t.scrolledUp = !isAtEnd(t); // else it is the size that has changed
}, { capture: true, passive: true });

// Marks the last reply that the visitor has read.
export function showReadMark(pane) {
  const upTo = +$("read-" + pane.dataset.conversation)?.textContent || 0;
  const last = all(".message.agent", thread(pane)).filter((m) => +m.dataset.seq <= upTo).at(-1), before = pane.querySelector(".message.read");
  if (before === last) return;
  before?.classList.remove("read");
  last?.classList.add("read");
}
