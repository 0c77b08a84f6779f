// The column beside the panes: what is known around the conversation in focus.
import { $, all, make, recall, remember, talk } from "./dom.js";
import { inFocus, onFocus } from "./panes.js";
import { place } from "./loading.js";

const aside = $("aside"), stored = "parley.aside";
const shown = recall(stored) !== "no";
const wide = matchMedia("(min-width: 1100px)");
const open = () => document.body.classList.contains("with-aside");

export function showAside(on) {
  const to = on ?? !open();
  document.body.classList.toggle("with-aside", to);
  if (wide.matches && on === undefined) remember(stored, to ? "yes" : "no");
  if (to) look(inFocus(), 0);
  else if (inFocus() && !document.activeElement.closest(".pane")) place(inFocus()).focus();
}

const read = 60000; // what was read so long ago is read again
let soon;
function look(pane, wait = 150) {
  for (const e of all(".about", aside)) e.hidden = e.dataset.about !== pane?.dataset.conversation;
  aside.hidden = !pane;
  clearTimeout(soon);
  if (!pane || !open()) return;
  const id = pane.dataset.conversation;
  let about = $("about-" + id);
  if (!about) {
    about = make("div", { class: "about", id: "about-" + id, "data-about": id });
    aside.append(about);
  }
  if (about.stale) renew(about, pane);
  if (Date.now() - (about.read || 0) < read || about.contains(document.activeElement)) return;
  soon = setTimeout(() => fetchInto(about, pane), wait);
}
// The visitor is on another page, or its page says something else of it: read where somebody looks at it, and noted elsewhere.
const looksAt = (pane) => open() && pane && pane === inFocus() && !document.hidden;
document.addEventListener("htmx:ws:before:message:incoming", (e) => {
  const text = e.detail.message.data;
  if (typeof text !== "string") return;
  for (const [, id] of text.matchAll(/ hx-target="#told-([0-9a-f-]{36})"/g)) {
    const about = $("about-" + id), pane = $("pane-" + id);
    if (!about?.read) continue; // it will be read
    about.stale = true;
    if (looksAt(pane)) renew(about, pane);
  }
});
function renew(about, pane) {
  clearTimeout(about.renews);
  about.renews = setTimeout(async () => {
    if (!about.isConnected || !about.stale || !looksAt(pane)) return;
    if (document.activeElement.closest?.("#facts-" + about.dataset.about + ", #trail-" + about.dataset.about)) return renew(about, pane); // a link in it has the focus
    about.stale = false;
    await about.coming;
    about.coming = htmx.ajax("GET", talk(pane) + "/aside?only=page", { source: about, swap: "none" });
  }, 400);
}
document.addEventListener("visibilitychange", () => {
  const pane = inFocus(), about = pane && $("about-" + pane.dataset.conversation);
  if (about?.stale) renew(about, pane);
});

function fetchInto(about, pane) {
  about.read = Date.now();
  about.stale = false;
  return (about.coming = htmx.ajax("GET", talk(pane) + "/aside", { source: about, swap: "none" }));
}

// Goes to a field of the column, as soon as it is there.
export async function reach(pane, selector) {
  showAside(true);
  const about = $("about-" + pane.dataset.conversation);
  clearTimeout(soon);
  if (!about.firstElementChild) await (about.coming || fetchInto(about, pane));
  if (pane === inFocus()) about.querySelector(selector)?.focus();
}
onFocus((pane) => {
  look(pane);
  for (const e of all(".about", aside)) if (!$("pane-" + e.dataset.about)) e.remove();
});
aside.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  const pane = inFocus();
  if (!wide.matches) showAside(false);
  if (pane) place(pane).focus();
});
aside.addEventListener("submit", (e) => { if (e.target.matches(".look")) e.preventDefault(); });
export function beginAside() {
  document.body.classList.toggle("with-aside", shown && wide.matches);
  look(inFocus(), 0);
  wide.addEventListener?.("change", () => document.body.classList.toggle("with-aside", shown && wide.matches));
}
