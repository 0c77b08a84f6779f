// Small things that every part of the panel uses.
export const make = (tag, className, ...children) => {
  const e = document.createElement(tag);
  if (className) e.className = e.part = className;
  e.append(...children);
  return e;
};

export const act = (className, text, f) => {
  const b = make("button", className, text);
  b.type = "button";
  b.onclick = f; // the launcher's guard calls it
  return b;
};

// What an element is to who does not see it.
export const aria = (e, label, role) => {
  if (label) e.setAttribute("aria-label", label);
  if (role) e.setAttribute("role", role);
  return e;
};

export const icon = (d) => {
  const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
};

export const bubble = "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z"; // what the launcher shows

// Keys that belong to an input method. Safari has ended the composition when it sends the key that did so, with this code.
export const composing = (e) => e.isComposing || e.keyCode === 229;

// Fills {names} in.
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

// Pages without TLS have no randomUUID; the address of a blob ends with one (File API, “generate a new blob URL”).
export const newID = () => crypto.randomUUID?.() || URL.createObjectURL(new Blob()).slice(-36);
