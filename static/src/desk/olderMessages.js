// Long threads: the page holds the newest messages; older ones are loaded when the agent scrolls up to them.
import { all, conversationURL, panes } from "./dom.js";
import { getText } from "./requests.js";
import { isPinned, thread } from "./threads.js";

const maxMessages = 160, trimTo = 100; // messages in the page

// Removes the oldest messages of a thread, unless the agent has scrolled up in it.
export function trimThread(pane) {
  const t = thread(pane);
  if (t.childElementCount <= maxMessages || (pane.classList.contains("shown") && !isPinned(pane))) return;
  while (t.childElementCount > trimTo) t.firstElementChild.remove();
}

async function loadOlder(pane) {
  const t = thread(pane), first = +t.firstElementChild?.dataset.seq || 0;
  if (first <= 1 || t.loading) return;
  t.loading = true;
  const html = await getText(conversationURL(pane) + "/messages?before=" + first);
  t.loading = false;
  if (html === null) return;
  const height = t.scrollHeight, top = t.scrollTop;
  const box = new DOMParser().parseFromString(html, "text/html");
  const known = new Set(all("[data-seq]", t).map((e) => e.id));
  const added = all("article", box.body).filter((e) => !known.has(e.id)).map((e) => document.adoptNode(e));
  t.prepend(...added);
  t.scrollTop = top + t.scrollHeight - height; // the messages in view stay where they are
}

panes.addEventListener("scroll", (e) => {
  if (e.target.matches?.(".thread") && e.target.scrollTop < 200) loadOlder(e.target.closest(".pane"));
}, { capture: true, passive: true });
