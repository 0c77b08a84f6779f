// Renders a text: its links and, except in visitors' texts, its formatting. The server's markup package defines the grammar and renders the
// same; its testdata/cases.json tests both. Elements are created one by one: no text is ever parsed as HTML.
// Texts are arrays of characters here, because a character can be two units of a string.
import loadStyles from "./lazyStyles.js";

const letter = (c) => /[\p{L}\p{M}\p{N}]/u.test(c);
const ascii = (c) => /^[a-z\d]$/i.test(c);
const space = (c) => /[\s\x85]/.test(c);
// Letters of scripts whose words are not separated by spaces.
const spaceless = (c) => /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\u{20000}-\u{3ffff}]/u.test(c);
const word = (c) => letter(c) && !spaceless(c);
const solid = (c) => letter(c) || /[%&#@§]|(?![`^~|<=>])\p{S}/u.test(c);
const before = (c) => space(c) || spaceless(c) || /[\p{Ps}\p{Pi}\p{Pf}\p{Pd}\p{So}"':¿¡\ufe0f\u{1f3fb}-\u{1f3ff}]/u.test(c);
const opening = (c) => /[\p{Ps}\p{Pi}\p{Pf}\p{Pd}"'<¿¡]/u.test(c);
const closing = (c) => /[\p{Pe}\p{Pi}\p{Pf}\p{Pd}>]|(?![*%&#@§/\\])\p{Po}/u.test(c);
const inAddress = (c) => letter(c) || /[!#$%&'()*+,\-./:;=?@[\]_{|}~^·–—]/.test(c);
const startsWith = (s, at, what) => s.slice(at, at + what.length).join("").toLowerCase() === what && what.length;
const withScheme = (to) => (/^www\./i.test(to) ? ["https:", "", to].join("/") : to);

const marks = ["*", "**", "***", "_"];

// Returns the index of the matching bracket for each bracket.
function matchingBrackets(s) {
  const match = [];
  let open = [[], [], []];
  s.forEach((c, i) => {
    if (!inAddress(c)) { open = [[], [], []]; return; }
    let k = "([{".indexOf(c);
    if (k >= 0) open[k].push(i);
    k = ")]}".indexOf(c);
    if (k >= 0 && open[k].length) match[match[i] = open[k].pop()] = i;
  });
  return match;
}

// Returns the length of http:// or https:// at an index; falsy if there is none.
const schemeLength = (s, at) => {
  const n = startsWith(s, at, "https") || startsWith(s, at, "http");
  return n && startsWith(s, at + n, "://") && n + 3;
};

// Reports whether a name such as www.example.org begins at an index.
function startsWithWWW(s, at) {
  at += 4;
  if (!startsWith(s, at - 4, "www.") || at >= s.length || !letter(s[at])) return false;
  for (; at + 1 < s.length && (letter(s[at]) || "-.".includes(s[at])); at++) if (s[at] === "." && letter(s[at - 1]) && letter(s[at + 1])) return true;
  return false;
}

// Returns where a domain with at least two labels ends; 0: there is none.
function domainEnd(s, at) {
  for (let labels = 1, end = 0; ; labels++, at++) {
    const from = at;
    let letters = true, spaced = false, unspaced = false;
    for (; at < s.length && (letter(s[at]) || s[at] === "-"); at++) {
      if (spaceless(s[at])) {
        if (spaced) break;
        unspaced = true;
      } else {
        spaced ||= s[at] !== "-" && !unspaced;
        letters &&= /[\p{L}\p{M}]/u.test(s[at]);
      }
    }
    if (at === from || s[from] === "-" || s[at - 1] === "-") return end;
    if (labels > 1 && at - from > 1 && (letters || startsWith(s, from, "xn--"))) end = at;
    if (s[at] !== ".") return end;
  }
}

// Returns the begin and end of the mail address around an @ that begins at or after an index.
function mailAddressAround(s, at, after) {
  let from = at;
  while (from > after && at - from <= 64 && /^[\w.+'-]$/.test(s[from - 1])) from--;
  if (at - from > 64 || from && (s[from - 1] === "@" || word(s[from - 1]) && !ascii(s[from - 1]))) return;
  while (from < at && !ascii(s[from])) from++;
  if (from === at || /[.']$|\.\./.test(s.slice(from, at).join(""))) return;
  const end = domainEnd(s, at + 1), c = s[end];
  if (end && !(end < s.length && (c === "@" || c === "-" || word(c) || (c === "." || c === "_") && end + 1 < s.length && word(s[end + 1])))) return [from, end];
}

// Returns the address of a named link, if links may lead there.
function destination(s) {
  const to = s.join(""), begin = schemeLength(s, 0);
  if (begin) return begin < s.length && letter(s[begin]) && to;
  if (startsWithWWW(s, 0)) return withScheme(to);
  if (startsWith(s, 0, "mailto:")) s = s.slice(7);
  const at = s.indexOf("@"), found = at >= 0 && mailAddressAround(s, at, 0);
  return found && !found[0] && found[1] === s.length && "mailto:" + s.join("");
}

function inline(s, formatted, links, element, link) {
  const match = matchingBrackets(s), out = [], noCode = [];
  let from = 0, open, last, i = 0;
  const forget = () => { open = []; last = [-1, -1, -1, -1]; };
  const flush = (to) => { if (from < to) out.push(s.slice(from, to).join("")); };
  const add = (begin, end, node) => { flush(begin); out.push(node); from = i = end; };
  const run = (at) => { let n = 1; while (s[at + n] === s[at]) n++; return n; };

  // Returns where the web address ends that begins at an index; 0: none begins there.
  const url = (at) => {
    if (at && word(s[at - 1])) return 0;
    let begin = schemeLength(s, at);
    if (!begin) {
      if (at && "./@-".includes(s[at - 1]) || !startsWithWWW(s, at)) return 0;
      begin = 4;
    }
    begin += at;
    if (begin >= s.length || !letter(s[begin])) return 0;
    let end = begin, part = 0; // 1: in letters of a script with spaces, 2: without
    for (; end < s.length; end++) {
      const c = s[end];
      if (letter(c)) {
        if (spaceless(c)) {
          if (part === 1) break;
          part = 2;
        } else part ||= 1;
        continue;
      }
      if (!inAddress(c) || "([{".includes(c) && !(end in match) || ")]}".includes(c) && !(match[end] >= at)) break;
      part = 0;
    }
    const closes = s[at - 1] === "_" || last[3] >= 0;
    while (end > begin && (".,;:!?'*|–—·([{".includes(s[end - 1]) || closes && s[end - 1] === "_")) end--;
    return end;
  };

  const cluster = (end) => {
    let at = end;
    while (at < s.length && opening(s[at])) at++;
    const opens = (!i || before(s[i - 1])) && at < s.length && (solid(s[at]) || s[at] === "`");
    at = i - 1;
    while (at >= 0 && closing(s[at])) at--;
    const closes = !(end < s.length && word(s[end])) && at >= 0 && (solid(s[at]) || s[at] === "`");
    const runs = s.slice(i, end).join("").match(/\*+|_+/g).map((mark) => marks.indexOf(mark));
    if (!opens && !closes || runs.includes(-1)) return;
    flush(i);
    from = end;
    for (const k of runs) {
      if (closes && last[k] >= 0) {
        const [begin, typed] = open[last[k]], inside = s.slice(typed, i);
        if (k === 3 && inside.includes("_") && !inside.some(space)) { // a name such as _own_value_
          last[k] = -1;
          out.push("_");
          continue;
        }
        const kids = out.splice(begin).slice(1);
        open.length = last[k];
        last = last.map((x) => (x < open.length ? x : -1));
        out.push(k === 1 ? element("strong", "", ...kids) : k === 2 ? element("strong", "", element("em", "", ...kids)) : element("em", "", ...kids));
        continue;
      }
      if (opens) {
        last[k] = open.length;
        open.push([out.length, end]);
      }
      out.push(marks[k]);
    }
  };

  const named = () => {
    let end = i + 1;
    while (end < s.length && !"[]\n".includes(s[end])) end++;
    const text = s.slice(i + 1, end), close = match[end + 1];
    i++;
    if (s[end] !== "]" || s[end + 1] !== "(" || close === undefined || text.every(space)) return;
    const inside = s.slice(end + 2, close), to = destination(inside);
    if (to) add(i - 1, close + 1, link("", to, ...inline(text, true, false, element, link)));
    else if (startsWith(inside, 0, "mailto:")) i = close + 1; // more than one address, or more than an address: no part of it is a link
  };

  forget();
  while (i < s.length) {
    const c = s[i];
    if (formatted && c === "\n" && s[i + 1] === "\n") {
      forget();
      i++;
    } else if (formatted && c === "`") {
      const n = run(i), begin = i + n;
      let end = begin;
      i = begin;
      if (n > 3 || begin - n < noCode[n]) continue;
      while (end < s.length && s[end] !== "\n") {
        const m = s[end] === "`" ? run(end) : 1;
        if (s[end] === "`" && m === n) break;
        end += m;
      }
      const inside = s.slice(begin, end);
      if (s[end] !== "`") noCode[n] = end;
      else if (!inside.every(space)) add(begin - n, end + n, element("code", "", inside.join("")));
    } else if (formatted && (c === "*" || c === "_")) {
      let end = i;
      while (s[end] === "*" || s[end] === "_") end++;
      cluster(end);
      i = end;
    } else if (formatted && links && c === "[") named();
    else if (links && c === "@") {
      const found = mailAddressAround(s, i, from), to = found && s.slice(...found).join("");
      if (found) add(...found, link("", "mailto:" + to, to));
      else i++;
    } else if (links && /[hw]/i.test(c)) {
      const end = url(i), to = s.slice(i, end).join("");
      if (end) add(i, end, link("", withScheme(to), to));
      else i++;
    } else i++;
  }
  flush(s.length);
  return out;
}

const quoted = /^> +[^ ]/, bulleted = /^( {0,3})([-*•]) +([^ ][^]*)$/, numbered = /^( {0,3})(0|[1-9]\d{0,2})\. +([^ ][^]*)$/;
const figure = (l) => /^[-+±~≈<>=≤≥.,€$£¥ ]*\p{N}/u.test(l), bare = /^[-*• ]*$/;

// Returns the items of what could be a list that begins at a line; sure: it is one.
function listItems(lines, at, form) {
  const first = form.exec(lines[at]), list = [];
  let sure = form === numbered;
  if (!first || bare.test(first[3])) return { list };
  for (const inner = first[1].length + 2; at < lines.length;) {
    const m = form.exec(lines[at]);
    if (!m || bare.test(m[3]) || m[1] !== first[1] || form === bulleted && m[2] !== first[2]) break;
    const own = [m[3]];
    sure ||= !figure(m[3]);
    const content = lines[at].length - m[3].length;
    for (at++; at < lines.length; at++) {
      const spaces = lines[at].search(/[^ ]/);
      if (spaces < inner) break;
      own.push(lines[at].slice(Math.min(spaces, content)));
    }
    list.push({ own, number: +m[2] });
  }
  return { list, end: at, sure };
}

function blocks(lines, depth, element, link) {
  const out = [];
  let text = [], unclosed;
  const flush = () => {
    out.push(...inline([...text.join("\n").replace(/^\n+|\n+$/g, "")], true, true, element, link));
    text = [];
  };
  for (let i = 0; i < lines.length;) {
    const fence = /^```([\w+#.-]*) *$/.exec(lines[i]);
    if (fence && !unclosed) {
      let end = i + 1;
      while (end < lines.length && !/^``` *$/.test(lines[end])) end++;
      if (end < lines.length) {
        flush();
        out.push(element("pre", "", [...(fence[1] ? [fence[1]] : []), ...lines.slice(i + 1, end)].join("\n")));
        i = end + 1;
        continue;
      }
      unclosed = true;
    }
    if (depth < 3 && quoted.test(lines[i])) {
      const inside = [];
      let end = i, most = 0, sure;
      for (; end < lines.length && (quoted.test(lines[end]) || /^> *$/.test(lines[end])); end++) {
        const l = lines[end].replace(/^> ?/, "");
        inside.push(l);
        if (/[^ ]/.test(l)) { sure ||= !figure(l); most = inside.length; }
      }
      if (sure) {
        flush();
        out.push(element("blockquote", "", ...blocks(inside.slice(0, most), depth + 1, element, link)));
      } else text.push(...lines.slice(i, i + most));
      i += most;
      continue;
    }
    if (depth < 3) {
      let found = listItems(lines, i, bulleted), tag = "ul";
      if (!found.list.length) { found = listItems(lines, i, numbered); tag = "ol"; }
      const { list, end, sure } = found;
      if (list.length > 1) {
        if (sure) {
          flush();
          let next = list[0].number;
          const e = element(tag, "", ...list.map(({ own, number }) => {
            const li = element("li", "", ...blocks(own, depth + 1, element, link));
            if (tag === "ol" && number !== next) li.value = number;
            next = number + 1;
            return li;
          }));
          if (tag === "ol") e.start = list[0].number;
          out.push(e);
        } else text.push(...lines.slice(i, end));
        i = end;
        continue;
      }
    }
    text.push(lines[i++]);
  }
  flush();
  return out;
}

// Returns the nodes of a text. literal: only links, as in visitors' texts.
export default function format(s, literal, element) {
  const link = (className, to, ...parts) => {
    const a = element("a", className, ...parts);
    a.href = to;
    a.target = "_blank";
    a.rel = "noreferrer"; // and so no opener
    return a;
  };
  return literal ? inline([...s], false, true, element, link) : blocks(s.split("\n"), 0, element, link);
}

// The styles of blocks must be loaded before the first text is rendered.
export const ready = loadStyles;
