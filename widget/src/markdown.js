// Writes texts into elements. What makes links and formatting of them is loaded with the first text that may have some.
import { root, website } from "./given.js";
import { keepEnd } from "./log.js";
import { make } from "./make.js";

let format;

const linked = /@|:\/\/|www\./i, marked = /[*_`>[•]|^ *(-|\d+\.) /m;

// Writes a text into an element; of a visitor's only links are more than what was typed. It is written once, because it is read out,
// unless what it takes is long in coming.
export function write(e, s, literal) {
  const draw = () => e.replaceChildren(...(format ? format(s, literal, make) : [s]));
  if (format || !linked.test(s) && (literal || !marked.test(s))) draw();
  else {
    import("./format.js").then((m) => m.ready(root, website).then(() => { format = m.default; keepEnd(draw); })).catch(draw);
    setTimeout(() => e.firstChild || draw(), 700);
  }
  return e;
}
