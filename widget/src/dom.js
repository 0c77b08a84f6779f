// Small functions that every part of the widget uses.
export const element = (tag, className, ...children) => {
  const e = document.createElement(tag);
  if (className) e.className = e.part = className;
  e.append(...children);
  return e;
};

// Creates a button that calls f.
export const actionButton = (className, text, f) => {
  const b = element("button", className, text);
  b.type = "button";
  b.onclick = f; // a property, because the launcher's guard calls it
  return b;
};

// Sets an element's label and role for assistive technology; empty ones are left as they are.
export const setAria = (e, label, role) => {
  if (label) e.setAttribute("aria-label", label);
  if (role) e.setAttribute("role", role);
  return e;
};

// Creates an icon from the path of a 24 by 24 box.
export const icon = (d) => {
  const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
};

export const chatIcon = "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z";

// Reports whether a key belongs to an input method. Safari sends the key that ends a composition after it, with code 229.
export const isComposing = (e) => e.isComposing || e.keyCode === 229;

// Replaces each {name} in a text by its value.
export const fillIn = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

// Returns a new UUID. Pages without TLS have no randomUUID; there the address of a blob ends with one (File API, “generate a new blob URL”).
export const newID = () => crypto.randomUUID?.() || URL.createObjectURL(new Blob()).slice(-36);
