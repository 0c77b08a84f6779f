// The talk: which conversation, what state it is in, and what the frames that come do to it.
import { about, ahead, box, contact, face, form, input, items, menu, notice, privacy, rating, status, typing } from "./box.js";
import { address, badge, base, button, chat, lang, opening, root, speaks, stored, texts, website, why } from "./given.js";
import { compose, plain, tooLong } from "./compose.js";
import { keepEnd, log } from "./log.js";
import { act, aria, fill, icon, make, newID } from "./make.js";
import { draft, json, load, memory, save } from "./memory.js";
import { before, clear, dated, draw, mark, shown, turn } from "./thread.js";
import { again, drop, flush, greeted, kept, mended, pending, put, said, say, stopped, tries, welcomed } from "./wire.js";

export let conversation = null, state = "", last = 0; // last: the number up to which everything is shown
let agent = "", unread = 0, reply = 0, asking, place, typingTimer, choices, subject, tell, era, verdict; // reply: the agent's newest that is not read yet; era: of one visitor
export const ready = []; // what is done once a connection stands
const asked = new Map(); // frame id to the frame and who wants its answer

export const running = () => !!state && state !== "closed";
export const chosen = () => subject?.chosen();

// What parts are given that are loaded when they are used.
export const tools = () => ({ act, address, anew, aria, compose, draft, fill, keepEnd, plain, tooLong, icon, make, texts, website, lang, speaks, stored, about, ahead, box, contact, input, items, log, menu, notice, privacy, rating, root, put, request, json, save, say, drawState,
  memory: () => memory, conversation: () => conversation });

// Asks for something besides talking, again if the connection is lost; then hears "" when it is done, or why it is not.
export function request(frame, then) {
  frame = { conversation, id: newID(), ...frame };
  asked.set(frame.id, [frame, then]);
  put(frame);
}

export function drawState() {
  const closed = state === "closed", waiting = state === "waiting", words = stopped ? texts.gone : said || (greeted || !tries ? "" : texts.offline);
  status.textContent = stopped ? "" : !greeted ? texts.connecting : state === "open" ? fill(texts.here, { name: agent }) : waiting ? place?.words || texts.waiting : opening.status || "";
  const now = closed && website.rating && conversation;
  if (now && now !== verdict) import("./rating.js").then((m) => m.default(tools()), () => { verdict = 0; });
  verdict = now;
  face.hidden = state !== "open" || !face.src;
  choices?.(state);
  menu.hidden = !state && !website.privacy;
  keepEnd(() => {
    rating.hidden = !website.rating || !closed;
    ahead.hidden = !asking || running();
    form.hidden = stopped || !ahead.hidden && ahead.childElementCount > 0;
    about.hidden = running() || form.hidden;
    contact.hidden = !(waiting && place?.nobody) || memory.left === conversation || !!memory.email;
  });
  if (notice.textContent !== words) notice.textContent = words; // read out once
  input.placeholder = closed ? texts.again : texts.write;
}

function drawUnread() {
  badge.hidden = !unread;
  badge.textContent = unread > 9 ? "9+" : unread;
  aria(button, texts.open + (unread ? ", " + fill(texts.unread, { n: unread }) : ""));
  if (unread !== (chat.unread || 0)) chat.tell("unread", (chat.unread = unread));
  if (unread && document.hidden) import("./blink.js").then((m) => m.default(texts.news));
}

// What has been seen is remembered for all tabs, so that it is not new again at the next page.
const unseen = () => box.hidden || document.hidden;
export function read() {
  dated();
  if (!unseen()) {
    unread = 0;
    if ((memory.read || 0) < last) save((m) => { m.read = last; });
    if (reply && greeted) { put({ type: "seen", conversation, seq: reply }); reply = 0; }
  }
  drawUnread();
}

export function changedElsewhere() {
  load();
  if (memory.era !== era || conversation && !memory.token) { // there is another visitor
    chat.data = {};
    compose("");
    anew();
  }
  if (memory.rated === conversation) verdict = 0; // it is thanked for
  drawState();
  if ((memory.read || 0) >= last) { unread = 0; drawUnread(); }
}

// Agents may know more: the pages, the zone, what the site says, and what was answered before the chat.
export async function told(began) {
  tell ||= (await import("./tell.js")).default(tools());
  tell(greeted && running() && conversation, began);
}

export async function askSubject() {
  if (website.subjects) subject ||= (await import("./ask.js")).subjects(tools());
  return subject;
}

// The questions before the chat, once it is known that there is no talk yet.
async function ask() {
  if (asking && !running() && !ahead.childElementCount) (await import("./questions.js")).default(tools(), () => { asking = false; drawState(); });
}

export async function openMenu() {
  if (menu.open && !choices) {
    choices = (await import("./menu.js")).default(tools());
    drawState();
  }
}

// Begins with nothing said but what is not acknowledged yet.
export function begin() {
  asking = !!website.questions;
  conversation = place = null;
  state = agent = typing.textContent = "";
  last = unread = 0;
  era = memory.era;
  asked.clear();
  clear();
  for (const m of memory.out) draw({ ...m, kind: "text", author: "visitor" }, true);
}

export function anew() {
  begin();
  drawUnread();
  drop();
  again();
}

function turnTo(id) {
  if (id === conversation) return;
  turn(id, conversation, memory.out);
  conversation = id;
  face.removeAttribute("src");
  last = 0;
  if (memory.conversation !== id) save((m) => { m.conversation = id; m.read = 0; });
}

// A message of the visitor's has its number. Of the talk before (ids rise with time), nothing turns back to it.
export function acknowledged(id, m, seq) {
  if (conversation && id < conversation) return m && draw(m, false, before(id));
  turnTo(id);
  if (!running()) state = "waiting";
  if (m) draw(m);
  if (seq === last + 1) last = seq;
  told(seq === 1);
}

function take(messages) {
  for (const m of messages) {
    const fresh = m.seq > last;
    last = Math.max(last, m.seq);
    draw(m);
    if (pending(m.id)) kept(m.id);
    if (m.author === "agent") {
      typing.textContent = "";
      if (fresh && !m.of && m.seq > (memory.read || 0)) {
        reply = m.seq;
        if (unseen()) unread++;
        chat.tell("message", { text: m.text, name: m.name });
      }
    }
  }
  read();
}

const frames = {
  welcome({ token, conversation: c, messages, heartbeat }) {
    welcomed(token, heartbeat);
    if (!c && conversation) begin(); // it is another visitor's
    if (c) {
      turnTo(c.id);
      state = c.state;
      agent = c.agent || "";
      asking &&= state === "closed";
    }
    ask();
    take(messages);
    flush();
    for (const [frame] of asked.values()) put(frame);
    for (const f of ready.splice(0)) f();
    told();
  },
  messages({ conversation: c, messages }) {
    if (conversation && c.id < conversation) { // the last words of the one before
      for (const m of messages) draw(m, false, before(c.id));
      return;
    }
    turnTo(c.id);
    if (c.state) {
      if (c.state !== "waiting") place = null;
      if (c.agent && c.agent !== agent) face.removeAttribute("src");
      state = c.state;
      agent = c.agent || (state === "open" ? agent : "");
    } else if (!running()) state = "waiting";
    take(messages);
  },
  ack({ id, conversation: c, seq, at }) {
    const m = pending(id);
    acknowledged(c, m && { ...m, kind: "text", author: "visitor", seq, at }, seq);
    kept(id);
    say("");
  },
  seen(frame) { if (frame.conversation === conversation) mark(frame.seq); },
  agent(frame) { if (frame.conversation === conversation) face.src = base + frame.picture; },
  typing() {
    clearTimeout(typingTimer);
    typing.textContent = fill(texts.typing, { name: agent });
    typingTimer = setTimeout(() => { typing.textContent = ""; }, 4000);
  },
  line(frame) {
    if (frame.conversation !== conversation) return;
    frame.words = place?.words; // until the new ones are there
    place = frame;
    import("./line.js").then((m) => { m.default(tools(), frame); drawState(); });
  },
  refused(frame) {
    const m = pending(frame.id);
    if (frame.code === "closed" && m && m.conversation === conversation) state = "closed";
    if (mended(frame, m)) return;
    if (m) { // will not be kept as it is: back to its writer
      kept(m.id);
      shown.get(m.id)?.remove();
      shown.delete(m.id);
      input.setRangeText(m.text + (input.value && "\n"), 0, 0, "preserve");
      compose();
    }
    say(why(frame));
  },
};

export function heard(frame) {
  const request = asked.get(frame.id);
  if (request) {
    asked.delete(frame.id);
    request[1](frame.type === "refused" ? why(frame) : "");
  } else frames[frame.type]?.(frame);
  drawState();
}
