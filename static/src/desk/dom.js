// What every part of the desk's script uses.
export const $ = (id) => document.getElementById(id);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const panes = $("panes"), line = $("line"), mine = $("mine");
export const entryOf = (pane) => $("mine-" + pane.dataset.conversation);
export const composer = (pane) => pane.querySelector("[data-composer]");
export const area = (form) => form.querySelector("textarea");
export const talk = (pane) => "/desk/conversations/" + pane.dataset.conversation;

export const told = (name, otherwise) => {
  try { return JSON.parse(document.body.dataset[name]) ?? otherwise; } catch { return otherwise; }
};
export const wishes = told("wishes", {});

export function make(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) {
    if (k in e && typeof v !== "string") e[k] = v;
    else e.setAttribute(k, v);
  }
  e.append(...children);
  return e;
}

// A stranger's text in a text of ours that has no elements: its direction ends where it ends (as app/platform/bidi does it).
const turning = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
export function isolate(text) {
  return text.split(/([\n\r\x1c-\x1e\x85\u2029])/).map((line) => {
    if (!turning.test(line)) return line;
    let open = 0;
    const balanced = line.replace(/[\u2066-\u2069]/g, (c) => (c !== "\u2069" ? (open++, c) : open > 0 ? (open--, c) : "")); // no end that is not its own
    return "\u2068" + balanced + "\u2069".repeat(open + 1);
  }).join("");
}

export function uuid() { // pages without TLS have no randomUUID
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  return [...b].map((x, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + x.toString(16).padStart(2, "0")).join("");
}

// Storage can be off or full; then the page itself remembers, as long as it is open.
const unstored = new Map();
export function recall(name) {
  try { return localStorage.getItem(name) ?? unstored.get(name) ?? null; } catch { return unstored.get(name) ?? null; }
}
export function remember(name, value) {
  unstored.set(name, String(value));
  try { localStorage.setItem(name, value); } catch { /* see above */ }
}

// Hears what is typed into a field once it is there: while an input method composes, the text is not what its writer means yet.
export function onTyped(root, heard) {
  root.addEventListener("input", (e) => { if (!e.isComposing) heard(e); });
  root.addEventListener("compositionend", heard);
}

export function trouble(text) {
  const ok = make("button", { type: "button", class: "quiet", "data-clear": "#trouble" }, "OK");
  $("trouble").replaceChildren(make("p", {}, text), ok);
}
