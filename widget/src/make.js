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
  b.addEventListener("click", f);
  return b;
};

export const icon = (d) => {
  const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
};

// Fills {names} in.
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// Pages without TLS have no randomUUID.
export function newID() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  return [...b].map((x, i) => (i === 4 || i === 6 || i === 8 || i === 10 ? "-" : "") + x.toString(16).padStart(2, "0")).join("");
}

export const size = (n, lang) => {
  const mb = n >= 1e6;
  return new Intl.NumberFormat(lang, { style: "unit", unit: mb ? "megabyte" : "kilobyte", maximumFractionDigits: mb ? 1 : 0 }).format(Math.max(1, n / (mb ? 1048576 : 1024)));
};
