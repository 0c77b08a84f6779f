// A line of a message's text: **bold**, *italic*, `code`, [links](https://...) and addresses. Elements are made one by one: nothing of the
// text is ever read as HTML. A link to mailto has an address and nothing else: no copies, no subject.
import { make } from "./make.js";

const forms = [
  /`([^`\n]+)`/, /\[([^[\]\n]+)\]\((mailto:[\w.+-]+@[\w.-]+|https?:\/\/[^\s()]+)\)/, /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}*_]/,
  /\*\*([^\s*](?:[^*\n]*[^\s*])?)\*\*/, /\*([^\s*](?:[^*\n]*[^\s*])?)\*/, /\b_([^\s_](?:[^_\n]*[^\s_])?)_\b/,
];

export const link = (className, to, ...parts) => {
  const a = make("a", className, ...parts);
  a.href = to;
  a.target = "_blank";
  a.rel = "noreferrer"; // and so no opener
  return a;
};

export function inline(s, depth = 0) {
  const out = [];
  let best, which;
  while (s && depth < 4) {
    best = null;
    forms.forEach((form, i) => {
      const m = form.exec(s);
      if (m && (!best || m.index < best.index)) { best = m; which = i; }
    });
    if (!best) break;
    const [all, said, to] = best, inner = which && which !== 2 ? inline(said, depth + 1) : [said || all];
    out.push(s.slice(0, best.index), which === 1 || which === 2 ? link("", to || all, ...inner) : make(["code", , , "strong"][which] || "em", "", ...inner));
    s = s.slice(best.index + all.length);
  }
  return [...out, s].filter((x) => x !== "");
}
