// Writes texts into elements. The code for links and formatting is loaded with the first text that may have some.
import { root, website } from "./config.js";
import { keepAtEnd } from "./messageLog.js";
import { element } from "./dom.js";

let formatter;

const mayHaveLinks = /@|:\/\/|www\./i, mayHaveMarks = /[*_`>[•]|^ *(-|\d+\.) /m;

// Writes a text into an element. literal: only with links, as in visitors' texts. It is written once, because screen readers announce it; but
// if the formatter takes long to load, unformatted first.
export function renderText(target, text, literal) {
  const show = () => target.replaceChildren(...(formatter ? formatter(text, literal, element) : [text]));
  if (formatter || !mayHaveLinks.test(text) && (literal || !mayHaveMarks.test(text))) show();
  else {
    import("./format.js").then((m) => m.ready(root, website).then(() => { formatter = m.default; keepAtEnd(show); })).catch(show);
    setTimeout(() => target.firstChild || show(), 700);
  }
  return target;
}
