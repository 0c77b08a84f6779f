// Panes: which conversations are on the screen (the most recently used, as many as fit), and the order and counts of the lists.
import { $, all, composer, element, entryOf, loadSetting, ownList, panes, queueList, saveSetting, textArea } from "./dom.js";
import { isLight, scrollToEnd, thread } from "./threads.js";

let recent = all(".pane", panes); // most recently used first
export const unseen = new Set(); // ids of conversations with something that the agent has not seen
export const inFocus = () => recent[0];

const minPaneWidth = 360; // pixels; where fewer fit, fewer are shown
const maxColumns = () => Math.max(1, Math.min(6, Math.floor(panes.clientWidth / minPaneWidth) || 1));
const columnsSetting = "parley.columns";
let wantedColumns = +loadSetting(columnsSetting) || 0; // 0: as many as fit
export const columns = () => Math.min(maxColumns(), wantedColumns || 6);
export function changeColumns(step) {
  wantedColumns = Math.max(1, Math.min(6, columns() + step));
  if (step > 0 && wantedColumns > maxColumns()) wantedColumns = 0; // as many as fit, here and on wider screens
  saveSetting(columnsSetting, wantedColumns);
  arrange();
}

// Shows the panes that fit and marks their entries in the list.
export function arrange() {
  recent = recent.filter((p) => p.isConnected);
  for (const p of all(".pane", panes)) if (!recent.includes(p)) recent.push(p);
  const live = (p) => p === recent[0] || p.querySelector(".state.open:not(.gone)"); // ended conversations make room for open ones
  recent = [...recent.filter(live), ...recent.filter((p) => !live(p))];
  const shown = recent.slice(0, columns());
  for (const p of recent) {
    p.classList.toggle("shown", shown.includes(p));
    p.classList.toggle("focus", p === recent[0]);
    entryOf(p)?.classList.toggle("now", p === recent[0]);
    entryOf(p)?.classList.toggle("shown", shown.includes(p));
    if (shown.includes(p) && !document.hidden) unseen.delete(p.dataset.conversation);
    entryOf(p)?.classList.toggle("fresh", unseen.has(p.dataset.conversation));
  }
  for (const p of shown) for (const f of shownListeners) f(p);
  if (!recent.length) document.body.classList.remove("talking");
  $("columns").textContent = columns();
  reportFocus();
}

const shownListeners = [], focusListeners = [];
export const onShown = (f) => shownListeners.push(f); // f is called with every pane that is on the screen, after each arrangement
export const onFocus = (f) => focusListeners.push(f); // f is called with the pane that has the focus now; undefined: there is none

let focused;
function reportFocus() {
  if (focused === recent[0]) return;
  focused = recent[0];
  for (const f of focusListeners) f(focused);
}

// Returns the text area of a pane. A pane that is being loaded gets a temporary one, whose text is moved to the composer.
export function textPlace(pane) {
  const form = composer(pane);
  if (form) return textArea(form);
  return pane.querySelector(".early") || pane.appendChild(element("textarea", { class: "early", "aria-label": "Your message", placeholder: "Loading…" }));
}

// Brings a pane onto the screen and, unless focusText is false, the focus into its text area.
export function focusPane(pane, focusText = true) {
  const visible = pane.classList.contains("shown") && thread(pane)?.clientHeight !== 0; // a narrow screen shows the lists in place of all panes
  document.body.classList.add("talking");
  recent = [pane, ...recent.filter((p) => p !== pane)];
  if (visible) { // already on the screen: panes stay where they are
    for (const p of recent) {
      p.classList.toggle("focus", p === pane);
      entryOf(p)?.classList.toggle("now", p === pane);
    }
    reportFocus();
  } else {
    arrange();
    scrollToEnd(pane);
  }
  if (focusText) textPlace(pane).focus();
  else if (isLight(pane) && !pane.contains(document.activeElement)) pane.focus(); // keys must not go to the pane before
}

// Replaces a light pane by the loaded one.
export function replacePane(light, whole) {
  for (const c of ["shown", "focus"]) whole.classList.toggle(c, light.classList.contains(c));
  recent = recent.map((p) => (p === light ? whole : p));
  if (focused === light) focused = whole;
  light.replaceWith(whole);
}

export const previousPane = () => recent[1];

// Adds a pane behind those on the screen, which keep their places and the focus.
export function addWithoutFocus(pane) {
  recent.splice(all(".pane.shown", panes).length, 0, pane);
  unseen.add(pane.dataset.conversation);
  arrange();
}

panes.addEventListener("focusin", (e) => {
  const pane = e.target.closest(".pane");
  if (pane && pane !== recent[0]) focusPane(pane, false);
});
addEventListener("resize", arrange);

// --- the lists' order and counts ------------------------------------------------------------------------------------------
const since = (e) => +e.dataset.since || Infinity;
function sort(list) {
  const items = [...list.children];
  const sorted = [...items].sort((a, b) => since(a) - since(b));
  if (!sorted.some((e, i) => e !== items[i])) return;
  const held = document.activeElement;
  list.append(...sorted);
  if (list.contains(held)) held.focus();
}

const plainTitle = document.title;
const icon = document.querySelector('link[rel="icon"]'), plainIcon = icon.href;
let badgeCount = -1;
// Sorts the lists, updates their counts, the title and the icon, and arranges the panes.
export function refreshLists() {
  sort(queueList);
  sort(ownList);
  const more = +$("queue-more").dataset.more; // conversations in the queue behind those that are listed
  for (const e of all("[data-count]")) {
    const list = document.querySelector(e.dataset.count);
    e.textContent = grouped(list.childElementCount + (list === queueList ? more : 0));
  }
  const load = document.querySelector("[data-load]");
  if (load) load.textContent = all("#mine > :not(.participating)").length;
  arrange();
  const n = queueList.childElementCount + more + all("#mine [data-wait]").length;
  if (n === badgeCount) return;
  badgeCount = n;
  document.title = n ? "(" + n + ") " + plainTitle : plainTitle;
  icon.href = n ? iconWithCount(n) : plainIcon;
  try { (n ? navigator.setAppBadge?.(n) : navigator.clearAppBadge?.())?.catch?.(() => {}); } catch { /* the title has the number, too */ }
}

const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

// Returns the page's icon with a number on it.
function iconWithCount(n) {
  const text = n > 99 ? "99" : n;
  return "data:image/svg+xml," + encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b6e6e"/>` +
    `<text x="16" y="23" font-family="system-ui,sans-serif" font-weight="700" font-size="20" text-anchor="middle" fill="#fff">${text}</text></svg>`);
}

// Returns the entry whose visitor has waited longest, other than the one in focus; if none waits, the first other entry.
export function mostUrgent() {
  const entries = [...ownList.children].filter((e) => e.id !== "mine-" + recent[0]?.dataset.conversation);
  return entries.find((e) => e.dataset.since) || entries[0];
}
export const paneOf = (entry) => entry && $("pane-" + entry.id.slice(5));

// Returns the entry that is step places after the one in focus.
export function neighbor(step) {
  const list = [...ownList.children], at = list.findIndex((e) => e.id === "mine-" + recent[0]?.dataset.conversation);
  return list[(at + step + list.length) % list.length];
}
