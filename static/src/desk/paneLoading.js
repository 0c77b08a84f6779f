// Light panes: of many open conversations only those on the screen come with their threads. The others are loaded when they are shown.
import { $, all, composer, conversationURL, panes, textArea } from "./dom.js";
import { getText } from "./requests.js";
import { onShown, replacePane } from "./panes.js";
import { setUpPane } from "./paneSetup.js";
import { hasUnsent, insert } from "./composer.js";
import { cursor, isLight } from "./threads.js";

const loading = new Map(); // conversation id to {done: promise of the pane, news: something was pushed meanwhile}

// Notes that something was pushed for a pane. Messages of a light pane are not shown, only its cursor advances; a pane that is being loaded
// is loaded again.
export function notePushed(id, task) {
  const pane = $("pane-" + id), reads = loading.get(id);
  if (reads) reads.news = true;
  if (!isLight(pane)) return;
  for (const m of all("[data-seq]", task.fragment)) pane.dataset.cursor = Math.max(cursor(pane), +m.dataset.seq);
}

// Loads a light pane. Resolves to the whole pane, or to null if it cannot be loaded.
export function load(pane) {
  const id = pane.dataset.conversation;
  if (!isLight(pane)) return Promise.resolve(pane);
  if (!loading.has(id)) {
    const reads = { news: false };
    loading.set(id, reads);
    reads.done = loadWhole(id, reads).finally(() => loading.delete(id));
  }
  return loading.get(id).done;
}

async function loadWhole(id, reads) {
  for (let tries = 1; ; tries++) {
    reads.news = false;
    const light = $("pane-" + id);
    if (!isLight(light)) return light;
    const html = await getText(conversationURL(light) + "/pane");
    const pane = $("pane-" + id);
    if (!isLight(pane)) return pane; // removed meanwhile, or loaded another way
    if (html === null) {
      if (pane.classList.contains("shown")) setTimeout(() => pane.isConnected && pane.classList.contains("shown") && load(pane), 3000);
      return null;
    }
    if (reads.news && tries < 5) continue; // something was pushed meanwhile: the answer may be older than that
    const whole = document.adoptNode(new DOMParser().parseFromString(html, "text/html").querySelector(".pane"));
    replaceLight(pane, whole);
    return whole;
  }
}

function replaceLight(light, whole) {
  const early = light.querySelector(".early"), held = light.contains(document.activeElement);
  whole.loaded = true;
  replacePane(light, whole);
  window.htmx?.process(whole); // htmx processes it itself if it is loaded later
  setUpPane(whole);
  if (early?.value) insert(composer(whole), early.value);
  if (held) textArea(composer(whole)).focus();
}

onShown((pane) => { if (isLight(pane)) load(pane); });

// Loads the light panes that have something to send from before the page was reloaded.
export function loadUnsent() {
  for (const p of all(".pane.light", panes)) if (hasUnsent(p)) load(p);
}
