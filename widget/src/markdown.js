// Draws a message's text: **bold**, *italic*, `code`, [links](https://...), addresses, lists, quotes and fenced code, as
// templates/ui/markdown.go does. Elements are made one by one: nothing of the text is ever read as HTML.
const forms = [
  /`([^`\n]+)`/, /\[([^[\]\n]+)\]\(((?:https?:\/\/|mailto:)[^\s()]+)\)/, /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}*_]/,
  /\*\*([^\s*](?:[^*\n]*[^\s*])?)\*\*/, /\*([^\s*](?:[^*\n]*[^\s*])?)\*/, /\b_([^\s_](?:[^_\n]*[^\s_])?)_\b/,
];

function element(name, parts) {
  const e = document.createElement(name);
  e.append(...parts);
  return e;
}

function link(to, parts) {
  const a = element("a", parts);
  a.href = to;
  a.target = "_blank";
  a.rel = "noopener noreferrer nofollow";
  return a;
}

function inline(s, depth) {
  const out = [];
  while (s && depth < 4) {
    let best = null, which = 0;
    for (let i = 0; i < forms.length; i++) {
      const m = forms[i].exec(s);
      if (m && (!best || m.index < best.index)) { best = m; which = i; }
    }
    if (!best) break;
    if (best.index) out.push(s.slice(0, best.index));
    const inner = () => inline(best[1], depth + 1);
    out.push(which === 0 ? element("code", [best[1]]) : which === 1 ? link(best[2], inner()) : which === 2 ? link(best[0], [best[0]])
      : element(which === 3 ? "strong" : "em", inner()));
    s = s.slice(best.index + best[0].length);
  }
  if (s) out.push(s);
  return out;
}

const bullet = /^ {0,3}[-*•] +(.+)$/, numbered = /^ {0,3}\d{1,3}[.)] +(.+)$/;

export default function markdown(s) {
  const out = [], lines = s.split("\n");
  let text = [];
  const flush = () => {
    const t = text.join("\n").replace(/^\n+|\n+$/g, "");
    if (t) out.push(...inline(t, 0));
    text = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const group = (name, item) => {
      if (!item(lines[i])) return false;
      flush();
      const parts = [];
      for (let one; i < lines.length && (one = item(lines[i])); i++) parts.push(...one);
      i--;
      out.push(element(name, parts));
      return true;
    };
    const entry = (form) => (l) => { const m = form.exec(l); return m && [element("li", inline(m[1], 0))]; };
    if (lines[i].startsWith("```")) {
      let end = i + 1;
      while (end < lines.length && !lines[end].startsWith("```")) end++;
      if (end < lines.length) {
        flush();
        out.push(element("pre", [lines.slice(i + 1, end).join("\n")]));
        i = end;
        continue;
      }
    }
    if (group("ul", entry(bullet)) || group("ol", entry(numbered)) || group("blockquote", (l) => l[0] === ">" && [...inline(l.slice(1).replace(/^ /, ""), 0), "\n"])) continue;
    text.push(lines[i]);
  }
  flush();
  return out;
}
