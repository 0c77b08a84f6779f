// The messages on the screen, in the order of their numbers; those that are not acknowledged are at the end.
import { base, locale, texts } from "./config.js";
import { keepAtEnd, log } from "./messageLog.js";
import { element, fillIn } from "./dom.js";
import { renderText } from "./richText.js";

export const messageElements = new Map(); // message id to its element
const sections = new Map(); // conversation id to the element with its messages
let section, readUpTo, shownDay; // of the present conversation; number up to which the agent has read; the day for which times are shown

const addSection = (next) => log.insertBefore(element("div", "talk"), next || null);

// Removes all messages.
export function clearMessages() {
  for (const e of log.querySelectorAll(".talk")) e.remove();
  messageElements.clear();
  sections.clear();
  section = addSection();
}

// Begins the section of another conversation; again: below the present one. Messages that wait to be sent move to it.
export function beginSection(id, again, out) {
  if (again && section.childElementCount) section = addSection();
  sections.set(id, section);
  readUpTo = 0;
  for (const m of out) {
    const e = messageElements.get(m.id);
    if (e && e.parentNode !== section) section.append(e); // appending it again would make screen readers announce it again
  }
}

// Returns the section of an earlier conversation.
export function earlierSection(id) {
  if (!sections.has(id)) sections.set(id, addSection(section));
  return sections.get(id);
}

// Shows a message, or its change, in a section. pending: it is not acknowledged yet. Returns its element.
export function drawMessage(m, pending, to = section) {
  if (m.of) return to.querySelector('[data-seq="' + m.of + '"]')?.applyChange(m.kind === "erase" ? "erased" : "edited", m.text); // it changes an earlier message
  const system = m.kind === "system", e = messageElements.get(m.id) || (system ? element("p", "system") : element("div", "message " + m.author));
  messageElements.set(m.id, e);
  keepAtEnd(() => {
    if (system) e.firstChild || e.append(fillIn({ taken: texts.joined, closed: texts.ended, left: texts.you_ended, lapsed: texts.lapsed, silent: texts.silent, returned: texts.returned }[m.text] || "", m));
    else {
      e.applyChange = (changed, text) => {
        const erased = changed === "erased", words = changed + text, at = new Date(m.at);
        const small = element("small", "", pending ? texts.sending : (m.author === "agent" && m.name ? m.name + " · " : "") +
          at.toLocaleString(locale, { timeStyle: "short", dateStyle: at.toDateString() === new Date().toDateString() ? undefined : "medium" }) + (changed === "edited" ? " · " + texts.edited : ""));
        small.setAttribute("aria-live", "off");
        if (e.shownText === words) e.lastChild.replaceWith(small); // an unchanged text is not announced again
        else e.replaceChildren(m.kind === "file" && !erased ? element("a", "file card", text) : renderText(element("div", "text"), erased ? "" : text, m.author === "visitor"), small);
        e.shownText = words;
        if (erased) e.firstChild.replaceChildren(element("em", "", texts.erased));
        else if (m.file) showFile(e.firstChild, m);
        e.refreshDate = () => { if (!pending) e.applyChange(changed, text); };
      };
      e.applyChange(m.changed, m.text);
      if (m.seq) e.dataset.seq = m.seq;
    }
    e.classList.toggle("pending", !!pending);
    e.seq = pending ? Infinity : m.seq;
    let next = null;
    for (let x = to.lastElementChild; x && x.seq > e.seq; x = x.previousElementSibling) if (x !== e) next = x;
    if (e.parentNode !== to || e.nextElementSibling !== next) to.insertBefore(e, next);
  }, pending);
  if (m.author === "visitor") showReceipt();
  return e;
}

// Shows a file as a link, or as an image if it is one.
function showFile(a, { file, text }) {
  a.href = base + file.url;
  a.target = "_blank";
  a.rel = "noreferrer"; // and so no opener
  if (!file.width || a.firstElementChild) return;
  const img = element("img"), small = Math.min(1, 240 / file.width, 200 / file.height);
  img.width = Math.max(1, file.width * small);
  img.height = Math.max(1, file.height * small);
  img.alt = text;
  img.onerror = () => { a.className = a.part = "file card"; a.replaceChildren(text); }; // the page's policy may forbid images from other servers
  img.src = a.href;
  a.className = a.part = "file";
  a.replaceChildren(img);
}

// After midnight, adds the date to the times of messages.
export function refreshDates() {
  if (shownDay === (shownDay = new Date().toDateString())) return;
  for (const e of messageElements.values()) e.refreshDate?.();
  showReceipt();
}

// Shows under the visitor's last message whether it is stored, and read. to: the number up to which the agent has read.
export function showReceipt(to) {
  if (to > readUpTo) readUpTo = to;
  for (const e of log.querySelectorAll(".mark")) e.remove();
  const last = Array.from(section.querySelectorAll(".visitor:not(.pending)")).pop();
  if (last?.dataset.seq) last.querySelector("small").append(element("span", "mark", " · " + (last.dataset.seq <= readUpTo ? texts.read : texts.sent)));
}
