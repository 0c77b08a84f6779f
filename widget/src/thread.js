// What has been said, on the screen: each message drawn once, in the order of their numbers; what is not acknowledged stays at the end.
import { base, speaks, texts } from "./given.js";
import { keepEnd, log } from "./log.js";
import { fill, make } from "./make.js";
import { write } from "./markdown.js";

export const shown = new Map(); // message id to its element
const talks = new Map(); // conversation to the place of its messages
let talk, seen, day; // the place of the present conversation's; how far its agent has read; and the day of the times

const place = (next) => log.insertBefore(make("div", "talk"), next || null);

// Begins with nothing.
export function clear() {
  for (const e of log.querySelectorAll(".talk")) e.remove();
  shown.clear();
  talks.clear();
  talk = place();
}

// Turns to another conversation; what waits to be sent moves with it.
export function turn(id, again, out) {
  if (again && talk.childElementCount) talk = place();
  talks.set(id, talk);
  seen = 0;
  for (const m of out) {
    const e = shown.get(m.id);
    if (e && e.parentNode !== talk) talk.append(e); // what is put where it is already would be read out again
  }
}

// The place of a conversation before the present one.
export function before(id) {
  if (!talks.has(id)) talks.set(id, place(talk));
  return talks.get(id);
}

export function draw(m, pending, to = talk) {
  if (m.of) return to.querySelector('[data-seq="' + m.of + '"]')?.change(m.kind === "erase" ? "erased" : "edited", m.text); // another has changed
  const system = m.kind === "system", e = shown.get(m.id) || (system ? make("p", "system") : make("div", "message " + m.author));
  shown.set(m.id, e);
  keepEnd(() => {
    if (system) e.firstChild || e.append(fill({ taken: texts.joined, closed: texts.ended, left: texts.you_ended, lapsed: texts.lapsed, silent: texts.silent, returned: texts.returned }[m.text] || "", m));
    else {
      e.change = (changed, text) => {
        const erased = changed === "erased", words = changed + text, at = new Date(m.at);
        const small = make("small", "", pending ? texts.sending : (m.author === "agent" && m.name ? m.name + " · " : "") +
          at.toLocaleString(speaks, { timeStyle: "short", dateStyle: at.toDateString() === new Date().toDateString() ? undefined : "medium" }) + (changed === "edited" ? " · " + texts.edited : ""));
        small.setAttribute("aria-live", "off");
        if (e.words === words) e.lastChild.replaceWith(small); // each message is read out once
        else e.replaceChildren(m.kind === "file" && !erased ? make("a", "file card", text) : write(make("div", "text"), erased ? "" : text, m.author === "visitor"), small);
        e.words = words;
        if (erased) e.firstChild.replaceChildren(make("em", "", texts.erased));
        else if (m.file) attach(e.firstChild, m);
        e.again = () => { if (!pending) e.change(changed, text); };
      };
      e.change(m.changed, m.text);
      if (m.seq) e.dataset.seq = m.seq;
    }
    e.classList.toggle("pending", !!pending);
    e.seq = pending ? Infinity : m.seq;
    let next = null;
    for (let x = to.lastElementChild; x && x.seq > e.seq; x = x.previousElementSibling) if (x !== e) next = x;
    if (e.parentNode !== to || e.nextElementSibling !== next) to.insertBefore(e, next);
  }, pending);
  if (m.author === "visitor") mark();
  return e;
}

// A file as a card, or as the picture that it is.
function attach(a, { file, text }) {
  a.href = base + file.url;
  a.target = "_blank";
  a.rel = "noreferrer"; // and so no opener
  if (!file.width || a.firstElementChild) return;
  const img = make("img"), small = Math.min(1, 240 / file.width, 200 / file.height);
  img.width = Math.max(1, file.width * small);
  img.height = Math.max(1, file.height * small);
  img.alt = text;
  img.onerror = () => { a.className = a.part = "file card"; a.replaceChildren(text); }; // the page may forbid images from elsewhere
  img.src = a.href;
  a.className = a.part = "file";
  a.replaceChildren(img);
}

// Past midnight, what was said says its day.
export function dated() {
  if (day === (day = new Date().toDateString())) return;
  for (const e of shown.values()) e.again?.();
  mark();
}

// Under the visitor's last message: whether it is kept, and read.
export function mark(to) {
  if (to > seen) seen = to;
  for (const e of log.querySelectorAll(".mark")) e.remove();
  const last = Array.from(talk.querySelectorAll(".visitor:not(.pending)")).pop();
  if (last?.dataset.seq) last.querySelector("small").append(make("span", "mark", " · " + (last.dataset.seq <= seen ? texts.read : texts.sent)));
}
