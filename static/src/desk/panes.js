// Panes: the one in focus and those used before it, as many as fit.
import { $, all, entryOf, panes, line, mine, recall, remember } from "./dom.js";
import { isLight, load, place } from "./loading.js";

let used = all(".pane", panes); // most recent first
export const fresh = new Set(); // conversations with something that nobody has looked at yet
export const inFocus = () => used[0];

const fits = () => Math.max(1, Math.min(6, Math.floor(panes.clientWidth / 300) || 1));
const remembered = "parley.columns";
let wanted = +recall(remembered) || 0; // 0: as many as fit
export const columns = () => Math.min(fits(), wanted || 6);
export function columnsBy(step) {
  wanted = Math.max(1, Math.min(6, columns() + step));
  if (step > 0 && wanted > fits()) wanted = 0; // as many as fit, here and on wider screens
  remember(remembered, wanted);
  arrange();
}

export function arrange() {
  used = used.filter((p) => p.isConnected);
  for (const p of all(".pane", panes)) if (!used.includes(p)) used.push(p);
  const live = (p) => p === used[0] || p.querySelector(".state.open:not(.gone)"); // what is over makes room for what is not
  used = [...used.filter(live), ...used.filter((p) => !live(p))];
  const shown = used.slice(0, columns());
  for (const p of used) {
    p.classList.toggle("shown", shown.includes(p));
    p.classList.toggle("focus", p === used[0]);
    entryOf(p)?.classList.toggle("now", p === used[0]);
    entryOf(p)?.classList.toggle("shown", shown.includes(p));
    if (shown.includes(p) && !document.hidden) fresh.delete(p.dataset.conversation);
    entryOf(p)?.classList.toggle("fresh", fresh.has(p.dataset.conversation));
  }
  for (const p of shown) if (isLight(p)) load(p);
  if (!used.length) document.body.classList.remove("talking");
  $("columns").textContent = columns();
  turned();
}

const turn = new Set();
let now;
export const onFocus = (f) => turn.add(f);
function turned() { // tells who wants to know that another pane has the focus
  if (now === used[0]) return;
  now = used[0];
  for (const f of turn) f(now);
}

export function focus(pane, write = true) {
  const visible = pane.classList.contains("shown") && thread(pane)?.clientHeight !== 0; // a narrow screen shows the lists in place of all panes
  document.body.classList.add("talking");
  used = [pane, ...used.filter((p) => p !== pane)];
  if (visible) { // already on the screen: nothing moves but the mark
    for (const p of used) {
      p.classList.toggle("focus", p === pane);
      entryOf(p)?.classList.toggle("now", p === pane);
    }
    turned();
  } else {
    arrange();
    toEnd(pane);
  }
  if (write) place(pane).focus();
  else if (isLight(pane) && !pane.contains(document.activeElement)) pane.focus(); // what is typed must not go to the one before
}

// A pane that has been loaded takes the place of the light one.
export function replaced(light, whole) {
  for (const c of ["shown", "focus"]) whole.classList.toggle(c, light.classList.contains(c));
  used = used.map((p) => (p === light ? whole : p));
  if (now === light) now = whole;
  light.replaceWith(whole);
}

export const before = () => used[1]; // the one before the present one

// A pane that has come in by itself: what is read or written keeps its place, its focus and its mark.
export function addQuietly(pane) {
  used.splice(all(".pane.shown", panes).length, 0, pane);
  fresh.add(pane.dataset.conversation);
  arrange();
}

panes.addEventListener("focusin", (e) => {
  const pane = e.target.closest(".pane");
  if (pane && pane !== used[0]) focus(pane, false);
});
addEventListener("resize", arrange);

// --- threads: at the end they stay at the end ---------------------------------------------------------------------------
export const thread = (pane) => pane.querySelector(".thread");
export const toEnd = (pane) => { const t = thread(pane); if (t) { t.away = false; t.scrollTop = t.scrollHeight; } };
export const atEnd = (t) => t.scrollHeight - t.scrollTop - t.clientHeight < 80;

// Whether somebody has scrolled up is known from scrolling only: what takes room from a thread (a long text, a notice, a narrower window),
// or shows it for the first time, leaves its end in view.
const size = (t) => t.clientWidth + " " + t.clientHeight;
const sizes = window.ResizeObserver && new ResizeObserver((changes) => {
  for (const { target: t } of changes) {
    t.size = size(t);
    if (t.clientHeight && !t.away) t.scrollTop = t.scrollHeight;
  }
});
export const holdEnd = (pane) => { const t = thread(pane); if (t) sizes?.observe(t); };
panes.addEventListener("scroll", ({ target: t }) => {
  if (t.matches?.(".thread") && t.clientHeight && t.size === size(t)) t.away = !atEnd(t); // else it is the size that has changed
}, { capture: true, passive: true });

export const cursor = (pane) => +thread(pane).lastElementChild?.dataset.seq || 0;

// --- lists: order, counts -----------------------------------------------------------------------------------------------
const since = (e) => +e.dataset.since || Infinity;
function sort(list) {
  const items = [...list.children];
  const sorted = [...items].sort((a, b) => since(a) - since(b));
  if (!sorted.some((e, i) => e !== items[i])) return;
  const held = document.activeElement;
  list.append(...sorted);
  if (list.contains(held)) held.focus();
}

const plain = document.title;
const icon = document.querySelector('link[rel="icon"]'), plainIcon = icon.href;
let badge = -1;
export function settle() {
  sort(line);
  sort(mine);
  const more = +$("line-more").dataset.more; // wait behind those that are listed
  for (const e of all("[data-count]")) {
    const list = document.querySelector(e.dataset.count);
    e.textContent = number(list.childElementCount + (list === line ? more : 0));
  }
  const load = document.querySelector("[data-load]");
  if (load) load.textContent = all("#mine > :not(.guest)").length;
  arrange();
  const n = line.childElementCount + more + all("#mine [data-wait]").length;
  if (n === badge) return;
  badge = n;
  document.title = n ? "(" + n + ") " + plain : plain;
  icon.href = n ? badged(n) : plainIcon;
  try { (n ? navigator.setAppBadge?.(n) : navigator.clearAppBadge?.())?.catch?.(() => {}); } catch { /* the title has the number, too */ }
}

const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

// The icon with the number of those who wait.
function badged(n) {
  const text = n > 99 ? "99" : n;
  return "data:image/svg+xml," + encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b6e6e"/>` +
    `<text x="16" y="23" font-family="system-ui,sans-serif" font-weight="700" font-size="20" text-anchor="middle" fill="#fff">${text}</text></svg>`);
}

// The conversation that waits longest, but for the present one; else the next of the list.
export function urgent() {
  const entries = [...mine.children].filter((e) => e.id !== "mine-" + used[0]?.dataset.conversation);
  return entries.find((e) => e.dataset.since) || entries[0];
}
export const paneOf = (entry) => entry && $("pane-" + entry.id.slice(5));

// The neighbour in the list.
export function neighbour(step) {
  const list = [...mine.children], at = list.findIndex((e) => e.id === "mine-" + used[0]?.dataset.conversation);
  return list[(at + step + list.length) % list.length];
}
