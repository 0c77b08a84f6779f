// Draws a message's text as templates/ui/markdown.go does; lists, quotes and fenced code are drawn by blocks.js, loaded when there are some.
import { root, website } from "./given.js";
import { inline } from "./inline.js";
import { keepEnd } from "./log.js";
import { make } from "./make.js";

// Writes a text into an element.
export function write(e, s) {
  e.append(...inline(s.replace(/^\n+|\n+$/g, "")));
  if (/^(```|>| {0,3}([-*•]|\d{1,3}[.)]) +.)/m.test(s)) import("./blocks.js").then((m) => m.default(s, make, inline, root, website)).then((all) => keepEnd(() => e.replaceChildren(...all)), () => 0);
  return e;
}
