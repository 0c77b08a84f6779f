// Long threads: the page holds the newest messages, those before come when somebody scrolls up to them.
import { all, panes, talk } from "./dom.js";
import { ask } from "./server.js";
import { thread } from "./panes.js";

const most = 160, keep = 100; // messages in the page

// Takes the oldest messages out of a thread that nobody has scrolled up in.
export function trim(pane, atEnd) {
  const t = thread(pane);
  if (t.childElementCount <= most || (pane.classList.contains("shown") && !atEnd)) return;
  while (t.childElementCount > keep) t.firstElementChild.remove();
}

async function older(pane) {
  const t = thread(pane), first = +t.firstElementChild?.dataset.seq || 0;
  if (first <= 1 || t.loading) return;
  t.loading = true;
  const html = await ask(talk(pane) + "/messages?before=" + first);
  t.loading = false;
  if (html === null) return;
  const height = t.scrollHeight, top = t.scrollTop;
  const box = new DOMParser().parseFromString(html, "text/html");
  const known = new Set(all("[data-seq]", t).map((e) => e.id));
  const fresh = all("article", box.body).filter((e) => !known.has(e.id)).map((e) => document.adoptNode(e));
  t.prepend(...fresh);
  t.scrollTop = top + t.scrollHeight - height; // what is read stays where it is
}

panes.addEventListener("scroll", (e) => {
  if (e.target.matches?.(".thread") && e.target.scrollTop < 200) older(e.target.closest(".pane"));
}, { capture: true, passive: true });
