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
  if (Date.now() - (about.read || 0) < read || about.contains(document.activeElement)) return;
  soon = setTimeout(() => fetchInto(about, pane), wait);
}
function fetchInto(about, pane) {
  about.read = Date.now();
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
