// Light panes: of many open conversations only those on the screen come with their threads. The others are loaded when they are looked at.
import { $, all, area, composer, make, panes, talk } from "./dom.js";
import { ask } from "./server.js";
import { replaced } from "./panes.js";
import { dressPane } from "./incoming.js";
import { insert, unsent } from "./composer.js";

export const isLight = (pane) => !!pane?.classList.contains("light");
export const cursorOf = (pane) => +pane.dataset.cursor || 0;

const coming = new Map(); // conversation to what loads it: {done, news}

// What is pushed about a light pane is not drawn: its number is noted, and a pane that is just being read is read again.
export function noteNews(id, task) {
  const pane = $("pane-" + id), reads = coming.get(id);
  if (reads) reads.news = true;
  if (!isLight(pane)) return;
  for (const m of all("[data-seq]", task.fragment)) pane.dataset.cursor = Math.max(cursorOf(pane), +m.dataset.seq);
}

// A place to write until the pane is there: what is typed goes into its composer.
export function place(pane) {
  const form = composer(pane);
  if (form) return area(form);
  return pane.querySelector(".early") || pane.appendChild(make("textarea", { class: "early", "aria-label": "Your message", placeholder: "Loading…" }));
}

// Loads a pane; resolves to the whole one, or to null if it cannot be.
export function load(pane) {
  const id = pane.dataset.conversation;
  if (!isLight(pane)) return Promise.resolve(pane);
  if (!coming.has(id)) {
    const reads = { news: false };
    coming.set(id, reads);
    reads.done = read(id, reads).finally(() => coming.delete(id));
  }
  return coming.get(id).done;
}

async function read(id, reads) {
  for (let tries = 1; ; tries++) {
    reads.news = false;
    const light = $("pane-" + id);
    if (!isLight(light)) return light;
    const html = await ask(talk(light) + "/pane");
    const pane = $("pane-" + id);
    if (!isLight(pane)) return pane; // taken off the desk meanwhile, or there by another way
    if (html === null) {
      if (pane.classList.contains("shown")) setTimeout(() => pane.isConnected && pane.classList.contains("shown") && load(pane), 3000);
      return null;
    }
    if (reads.news && tries < 5) continue; // something came while it was read: what was read may be older
    const whole = document.adoptNode(new DOMParser().parseFromString(html, "text/html").querySelector(".pane"));
    put(pane, whole);
    return whole;
  }
}

function put(light, whole) {
  const early = light.querySelector(".early"), held = light.contains(document.activeElement);
  whole.loaded = true;
  replaced(light, whole);
  window.htmx?.process(whole); // else it does when it comes
  dressPane(whole);
  if (early?.value) insert(composer(whole), early.value);
  if (held) area(composer(whole)).focus();
}

// What could not be sent before the page was loaded anew goes out, wherever it is.
export function loadUnsent() {
  for (const p of all(".pane.light", panes)) if (unsent(p)) load(p);
}
