// The side column: what is known about the visitor and the conversation in focus, drafts and FAQ search.
import { $, all, conversationURL, element, loadSetting, saveSetting } from "./dom.js";
import { inFocus, onFocus, textPlace } from "./panes.js";
import { onFrame } from "./socketFrames.js";

const aside = $("aside"), settingName = "parley.aside";
const wasShown = loadSetting(settingName) !== "no";
const wide = matchMedia("(min-width: 1100px)");
const isOpen = () => document.body.classList.contains("with-aside");

export function showAside(on) {
  const show = on ?? !isOpen();
  document.body.classList.toggle("with-aside", show);
  if (wide.matches && on === undefined) saveSetting(settingName, show ? "yes" : "no");
  if (show) showFor(inFocus(), 0);
  else if (inFocus() && !document.activeElement.closest(".pane")) textPlace(inFocus()).focus();
}

const maxAge = 60000; // milliseconds after which the column of a conversation is loaded again
let loadTimer;
function showFor(pane, wait = 150) {
  for (const e of all(".about", aside)) e.hidden = e.dataset.about !== pane?.dataset.conversation;
  aside.hidden = !pane;
  clearTimeout(loadTimer);
  if (!pane || !isOpen()) return;
  const id = pane.dataset.conversation;
  let about = $("about-" + id);
  if (!about) {
    about = element("div", { class: "about", id: "about-" + id, "data-about": id });
    aside.append(about);
  }
  if (about.stale) reloadPage(about, pane);
  if (Date.now() - (about.loadedAt || 0) < maxAge || about.contains(document.activeElement)) return;
  loadTimer = setTimeout(() => load(about, pane), wait);
}
// The visitor is on another page, or the page reports other data: loaded at once where the column is visible, and marked stale elsewhere.
const isVisibleFor = (pane) => isOpen() && pane && pane === inFocus() && !document.hidden;
onFrame((frame) => {
  for (const { dataset: { pageChanged: id } } of all("[data-page-changed]", frame)) {
    const about = $("about-" + id), pane = $("pane-" + id);
    if (!about?.loadedAt) continue; // it will be loaded as a whole
    about.stale = true;
    if (isVisibleFor(pane)) reloadPage(about, pane);
  }
});
function reloadPage(about, pane) {
  clearTimeout(about.reloadTimer);
  about.reloadTimer = setTimeout(async () => {
    if (!about.isConnected || !about.stale || !isVisibleFor(pane)) return;
    if (document.activeElement.closest?.("#facts-" + about.dataset.about + ", #trail-" + about.dataset.about)) return reloadPage(about, pane); // a link in it has the focus
    about.stale = false;
    await about.loading;
    about.loading = htmx.ajax("GET", conversationURL(pane) + "/aside?only=page", { source: about, swap: "none" });
  }, 400);
}
document.addEventListener("visibilitychange", () => {
  const pane = inFocus(), about = pane && $("about-" + pane.dataset.conversation);
  if (about?.stale) reloadPage(about, pane);
});

function load(about, pane) {
  about.loadedAt = Date.now();
  about.stale = false;
  return (about.loading = loadKeepingDrafts(about, pane));
}
async function loadKeepingDrafts(about, pane) {
  const draftsID = "drafts-" + about.dataset.about, drafts = $(draftsID);
  await htmx.ajax("GET", conversationURL(pane) + "/aside", { source: about, swap: "none" });
  if (drafts?.firstChild && !drafts.isConnected) $(draftsID)?.replaceWith(drafts);
  if (!about.firstElementChild) { about.loadedAt = 0; about.loading = null; } // it failed: the next one tries again
}

// Opens the column and waits until it is loaded. Returns its element.
export async function openAside(pane) {
  showAside(true);
  const about = $("about-" + pane.dataset.conversation);
  if (about.firstElementChild) return about;
  clearTimeout(loadTimer);
  await (about.loading || load(about, pane));
  return about;
}

// Focuses a field of the column as soon as the column is loaded.
export async function focusField(pane, selector) {
  const about = await openAside(pane);
  if (pane === inFocus()) about.querySelector(selector)?.focus();
}
onFocus((pane) => {
  showFor(pane);
  for (const e of all(".about", aside)) if (!$("pane-" + e.dataset.about)) e.remove();
});
aside.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  const pane = inFocus();
  if (!wide.matches) showAside(false);
  if (pane) textPlace(pane).focus();
});
aside.addEventListener("submit", (e) => { if (e.target.matches(".faq-search")) e.preventDefault(); });
export function startAside() {
  document.body.classList.toggle("with-aside", wasShown && wide.matches);
  showFor(inFocus(), 0);
  wide.addEventListener?.("change", () => document.body.classList.toggle("with-aside", wasShown && wide.matches));
}
