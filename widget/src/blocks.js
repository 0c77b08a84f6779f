// The parts of a message's text that stand by themselves: lists, quotes, fenced code.
import styled from "./styled.js";

const bullet = /^ {0,3}[-*•] +(.+)$/, numbered = /^ {0,3}\d{1,3}[.)] +(.+)$/;

export default async function blocks(s, make, inline, root, website) {
  await styled(root, website);
  const out = [], lines = s.split("\n");
  let text = [];
  const flush = () => {
    out.push(...inline(text.join("\n").replace(/^\n+|\n+$/g, "")));
    text = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const group = (name, item) => {
      if (!item(lines[i])) return false;
      flush();
      const parts = [];
      for (let one; i < lines.length && (one = item(lines[i])); i++) parts.push(...one);
      i--;
      out.push(make(name, "", ...parts));
      return true;
    };
    const entry = (form) => (l) => { const m = form.exec(l); return m && [make("li", "", ...inline(m[1]))]; };
    if (lines[i].startsWith("```")) {
      let end = i + 1;
      while (end < lines.length && !lines[end].startsWith("```")) end++;
      if (end < lines.length) {
        flush();
        out.push(make("pre", "", lines.slice(i + 1, end).join("\n")));
        i = end;
        continue;
      }
    }
    if (group("ul", entry(bullet)) || group("ol", entry(numbered)) || group("blockquote", (l) => l[0] === ">" && [...inline(l.slice(1).replace(/^ /, "")), "\n"])) continue;
    text.push(lines[i]);
  }
  flush();
  return out;
}
