// Elements of the desk, and small functions that every part of its script uses.
export const $ = (id) => document.getElementById(id);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const panes = $("panes"), queueList = $("queue"), ownList = $("mine");
export const entryOf = (pane) => $("mine-" + pane.dataset.conversation);
export const composer = (pane) => pane.querySelector("[data-composer]");
export const textArea = (form) => form.querySelector("textarea");
export const conversationURL = (pane) => "/desk/conversations/" + pane.dataset.conversation;

// Returns JSON that the server put into a data attribute of the body.
export const pageData = (name, fallback) => {
  try { return JSON.parse(document.body.dataset[name]) ?? fallback; } catch { return fallback; }
};
export const preferences = pageData("preferences", {});

// Creates an element; attributes that are not strings are set as properties.
export function element(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) {
    if (k in e && typeof v !== "string") e[k] = v;
    else e.setAttribute(k, v);
  }
  e.append(...children);
  return e;
}

// Isolates the direction of foreign text inside a plain text, with Unicode's isolates (the same as the server's bidi package).
const rightToLeft = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
export function isolate(text) {
  return text.split(/([\n\r\x1c-\x1e\x85\u2029])/).map((line) => {
    if (!rightToLeft.test(line)) return line;
    let open = 0;
    const balanced = line.replace(/[\u2066-\u2069]/g, (c) => (c !== "\u2069" ? (open++, c) : open > 0 ? (open--, c) : "")); // an isolate that the text does not open must not be closed by it
    return "\u2068" + balanced + "\u2069".repeat(open + 1);
  }).join("");
}

export function uuid() {
  // Pages without TLS have no randomUUID.
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  return [...b].map((x, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + x.toString(16).padStart(2, "0")).join("");
}

// Settings of this browser. Where storage is off or full, they last as long as the page is open.
const inMemory = new Map();
export function loadSetting(name) {
  try { return localStorage.getItem(name) ?? inMemory.get(name) ?? null; } catch { return inMemory.get(name) ?? null; }
}
export function saveSetting(name, value) {
  inMemory.set(name, String(value));
  try { localStorage.setItem(name, value); } catch { /* see above */ }
}

// Calls listener after each change of a text field, but not while an input method composes: the text is not final then.
export function onTextInput(root, listener) {
  root.addEventListener("input", (e) => { if (!e.isComposing) listener(e); });
  root.addEventListener("compositionend", listener);
}

// Shows a message at the top of the desk until it is dismissed.
export function showError(text) {
  const ok = element("button", { type: "button", class: "quiet", "data-clear": "#trouble" }, "OK");
  $("trouble").replaceChildren(element("p", {}, text), ok);
}
