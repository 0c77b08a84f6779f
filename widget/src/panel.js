// The panel: one socket, the talk, the composer. The wire format is in ../PROTOCOL.md.
import { address, subjects } from "./ask.js";
import markdown from "./markdown.js";
import poll from "./poll.js";
import teller from "./tell.js";

const texts = {
  close: "Close chat", write: "Write a message", send: "Send", again: "Start a new conversation", gone: "The chat is not available on this page.",
  connecting: "Connecting…", offline: "No connection. What you write is sent as soon as it is back.",
  waiting: "You are in line. Somebody will be with you soon.", sending: "Sending…", sent: "Sent",
  here: (name) => name + " is here for you", joined: (name) => name + " has joined",
  place: (n) => (n === 1 ? "You are next in line." : "You are number " + n + " in line."),
  wait: (least, most) => " It takes " + (least && least < most ? least + " to " + most : "up to " + most) + (most === 1 ? " minute." : " minutes."),
  nobody: "Nobody is here just now.", back: (day) => " We are back " + day + ".",
  left: "Thank you. We will write to you.",
  edited: " · edited", erased: "This message was taken back",
  ended: "The conversation has ended", returned: "A colleague will take over in a moment", typing: "is typing…",
};

export default function panel({ root, button, badge, base, key, stored, website }) {
  // What the page's own storage keeps: token, conversation, and messages not yet acknowledged. Read anew before each change,
  // because other tabs change it too.
  let memory = {}, storing = true;
  const load = () => {
    if (storing) try { memory = JSON.parse(localStorage.getItem(stored)) || {}; } catch { /* storage is off: this tab remembers by itself */ }
    memory.out ||= [];
    return memory;
  };
  const save = (change) => {
    change(load());
    try { localStorage.setItem(stored, JSON.stringify(memory)); } catch { storing = false; /* as above, from now on */ }
  };
  load();

  const make = (tag, className, ...children) => {
    const e = document.createElement(tag);
    if (className) e.className = className;
    e.append(...children);
    return e;
  };
  const title = make("strong", "", website.name);
  const status = make("span", "status");
  const close = make("button", "close", "×");
  close.type = "button";
  close.setAttribute("aria-label", texts.close);
  const log = make("div", "log");
  log.setAttribute("role", "log");
  log.setAttribute("aria-live", "polite");
  log.tabIndex = 0;
  log.setAttribute("aria-label", website.name);
  const typing = make("p", "typing");
  const notice = make("p", "notice");
  notice.setAttribute("role", "status");
  const input = make("textarea");
  input.rows = 1;
  input.maxLength = 4000;
  input.setAttribute("aria-label", texts.write);
  input.placeholder = texts.write;
  const send = make("button", "send", texts.send);
  const { about, chosen } = subjects(website, make, () => input.focus());
  const { contact, problem } = address(make, (email) => put({ type: "contact", id: (leaving = newID()), email }));
  const form = make("form", "composer", input, send);
  const box = make("section", "panel", make("header", "", make("div", "", title, status), close), log, typing, notice, about, contact, form);
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", website.name);
  box.hidden = true;
  root.append(box);

  let talk = make("div", "talk"); // the messages of the present conversation
  const talks = new Map(); // and of those before it
  log.append(...(website.greeting ? [make("p", "greeting", website.greeting)] : []), talk);

  let socket, greeted = false, tries = 0, timer, patience, overdue, later, stopped = false, held = false, said = "", pause = 0;
  let place = null, leaving; // in line; and the id of an address on its way
  let conversation = null, state = "", agent = "", last = 0, unread = 0, typedAt = 0, typingTimer;
  const shown = new Map(); // message id to its element
  const sent = new Map(); // message id to what this tab has sent: another tab may take it out of the shared memory first

  const current = () => talk;
  const tell = teller(stored, put);
  window.parleyChat.told = () => tell(greeted && state && state !== "closed" && conversation);

  // --- drawing ------------------------------------------------------------------------------------------------------
  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const toEnd = () => { log.scrollTop = log.scrollHeight; };

  function draw(m, pending, talk = current()) {
    const stay = !atEnd();
    if (m.of) { // says that another message has changed
      const of = talk.querySelector('[data-seq="' + m.of + '"]');
      if (of) of.change(m.kind === "erase" ? "erased" : "edited", m.text);
      return;
    }
    let e = shown.get(m.id);
    if (!e) {
      e = m.kind === "system" ? make("p", "system") : make("div", "message " + m.author);
      shown.set(m.id, e);
    }
    if (m.kind === "system") {
      e.textContent = m.text === "taken" ? texts.joined(m.name) : m.text === "closed" ? texts.ended : texts.returned;
    } else {
      e.change = (changed, text) => {
        const foot = make("small", "", pending ? texts.sending
          : (m.author === "agent" && m.name ? m.name + " · " : "") + new Date(m.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) + (changed === "edited" ? texts.edited : ""));
        e.replaceChildren(make("div", "text", ...(changed === "erased" ? [make("em", "", texts.erased)] : markdown(text))), foot);
      };
      e.change(m.changed, m.text);
      if (m.seq) e.dataset.seq = m.seq;
    }
    e.classList.toggle("pending", !!pending);
    e.seq = pending ? Infinity : m.seq;
    let next = null; // by number; what is not acknowledged stays at the end
    for (let x = talk.lastElementChild; x && x.seq > e.seq; x = x.previousElementSibling) if (x !== e) next = x;
    if (e.parentNode !== talk || e.nextElementSibling !== next) talk.insertBefore(e, next);
    if (!stay || pending) toEnd();
  }

  function drawState() {
    status.textContent = !greeted ? texts.connecting : state === "open" ? texts.here(agent) : state !== "waiting" ? "" : !place ? texts.waiting
      : place.nobody ? texts.nobody + (place.opens ? texts.back(new Date(place.opens).toLocaleString("en", { day: "numeric", month: "long", weekday: "long", hour: "2-digit", minute: "2-digit" })) : "")
      : texts.place(place.position) + (place.most ? texts.wait(place.least, place.most) : "");
    about.hidden = !website.subjects || (state && state !== "closed");
    const stay = atEnd();
    contact.hidden = state !== "waiting" || !place?.nobody || memory.left === conversation;
    if (stay) toEnd();
    notice.textContent = stopped ? texts.gone : said || (greeted || !tries ? "" : texts.offline);
    input.placeholder = state === "closed" ? texts.again : texts.write;
  }

  function drawUnread() {
    badge.hidden = !unread;
    badge.textContent = unread > 9 ? "9+" : unread;
    button.setAttribute("aria-label", "Open chat" + (unread ? ", " + unread + " unread" : ""));
  }

  function turnTo(id) {
    if (id === conversation) return;
    if (conversation && talk.childElementCount) {
      talk = make("div", "talk");
      log.append(talk);
    }
    conversation = id;
    talks.set(id, talk);
    last = 0;
    if (memory.conversation !== id) save((m) => { m.conversation = id; m.read = 0; });
    for (const m of memory.out) if (shown.has(m.id)) talk.append(shown.get(m.id));
  }

  // The place of a conversation before the present one.
  function before(id) {
    if (!talks.has(id)) {
      talks.set(id, make("div", "talk"));
      talk.before(talks.get(id));
    }
    return talks.get(id);
  }

  // --- the wire -----------------------------------------------------------------------------------------------------
  const call = (name) => base + "/widget/v1/" + name + "?key=" + encodeURIComponent(key);
  const way = stored + ".way"; // that sockets are blocked here is remembered for the next page
  let barren = 0, worked = false; // sockets in a row that brought no welcome; and whether one ever did
  const enough = () => (worked ? 6 : 2); // of them to conclude that they are blocked
  try { if (sessionStorage.getItem(way)) barren = 2; } catch { /* storage is off */ }

  function connect() {
    clearTimeout(timer);
    if (stopped || (socket && socket.readyState < 2)) return;
    const address = call("socket").replace(/^http/, "ws");
    let s;
    if (barren < enough()) {
      try { s = new WebSocket(address); } catch { barren = enough(); }
    }
    s ||= poll(call("frames"), address, helloFrame);
    socket = s;
    s.onopen = () => s === socket && hello();
    s.onmessage = (e) => s === socket && heard(JSON.parse(e.data));
    s.onclose = (e) => s === socket && lost(e.code, e);
    greeted = false;
    bePatient();
  }

  // A connection that brings no welcome is given up.
  function bePatient() {
    const s = socket;
    clearTimeout(patience);
    patience = setTimeout(() => { if (s === socket && !greeted) drop(); }, 10000);
  }

  function helloFrame() {
    load();
    return (helloFrame.last = JSON.stringify({ type: "hello", protocol: 1, token: memory.token, conversation: last ? conversation : undefined, after: last || undefined,
      page: { url: location.href, title: document.title, referrer: document.referrer }, language: navigator.language }));
  }

  function hello() {
    bePatient();
    if (socket && socket.readyState === 1) socket.send(helloFrame());
  }

  function put(frame) {
    if (socket && socket.readyState === 1) socket.send(JSON.stringify(frame));
  }

  function lost(code, why = {}) {
    clearTimeout(overdue);
    clearTimeout(patience);
    overdue = 0;
    clearTimeout(later);
    held = false;
    const polled = socket && !("binaryType" in socket);
    if (polled) barren = enough() - 1; // one try with a socket, then polling again
    else if (!greeted) barren++;
    greeted = false;
    if (code === 1008) stopped = true;
    if (why.retry) { said = why.message; pause = why.retry; }
    tries++;
    drawState();
    if (tries > 2 && !stopped) allowed();
    const wait = tries < 4 && (polled || barren === enough()) ? 200 : Math.min(30000, 400 * 2 ** Math.min(tries, 7));
    if (!stopped) timer = setTimeout(connect, (pause * 1000 || wait) * (0.5 + Math.random()) + pause * 500);
    pause = 0;
  }

  // A socket that is refused says nothing of why: the website's settings do.
  async function allowed() {
    try {
      const answer = await (await fetch(base + "/widget/v1/site?key=" + encodeURIComponent(key), { credentials: "omit", cache: "reload" })).json();
      if (!answer.refused) return;
      stopped = true;
      clearTimeout(timer);
      notice.textContent = texts.gone;
      console.error("Parley: " + answer.refused);
    } catch { /* not reached: trying goes on */ }
  }

  // Drops a connection that may be dead without the browser knowing.
  function drop() {
    const s = socket;
    lost(0);
    socket = null;
    if (s) s.close();
  }

  function flush() {
    held = false;
    if (!greeted) return;
    for (const m of load().out) say(m);
    watch();
  }

  const say = (m) => put({ type: "send", id: m.id, conversation: m.conversation || undefined, subject: m.subject, text: m.text });

  // An acknowledgement that does not come means that the connection is gone.
  function watch() {
    clearTimeout(overdue);
    overdue = load().out.length ? setTimeout(drop, 10000) : 0;
  }

  const pending = (id) => sent.get(id) || memory.out.find((x) => x.id === id);

  function kept(id) {
    save((m) => { m.out = m.out.filter((x) => x.id !== id); });
    watch();
  }

  function heard(frame) {
    if (frame.type === "welcome") {
      greeted = true;
      tries = 0;
      said = "";
      clearTimeout(patience);
      pause = 0;
      const socketed = "binaryType" in socket;
      worked ||= socketed;
      if (socketed) barren = 0;
      try { sessionStorage.setItem(way, socketed ? "" : "poll"); } catch { /* storage is off */ }
      if (frame.token) save((m) => { m.token = frame.token; });
      const c = frame.conversation;
      if (c) {
        turnTo(c.id);
        state = c.state;
        agent = c.agent || "";
      }
      take(frame.messages);
      flush();
      window.parleyChat.told();
    } else if (frame.type === "messages") {
      const c = frame.conversation;
      if (conversation && c.id < conversation) { // the last words of the one before
        for (const m of frame.messages) draw(m, false, before(c.id));
        return;
      }
      turnTo(c.id);
      if (c.state && c.state !== "waiting") place = null;
      if (c.state) { state = c.state; agent = c.agent || (c.state === "open" ? agent : ""); }
      else if (!state || state === "closed") state = "waiting";
      take(frame.messages);
    } else if (frame.type === "ack") {
      const m = pending(frame.id), own = { ...m, kind: "text", author: "visitor", seq: frame.seq, at: frame.at };
      if (conversation && frame.conversation < conversation) { // of the talk before (ids rise with time): nothing turns back to it
        if (m) draw(own, false, before(frame.conversation));
      } else {
        turnTo(frame.conversation);
        if (!state || state === "closed") state = "waiting";
        if (m) draw(own);
        if (frame.seq === last + 1) last = frame.seq;
        window.parleyChat.told();
      }
      sent.delete(frame.id);
      kept(frame.id);
      said = "";
    } else if (frame.type === "typing") {
      clearTimeout(typingTimer);
      typing.textContent = agent + " " + texts.typing;
      typingTimer = setTimeout(() => { typing.textContent = ""; }, 4000);
    } else if (frame.type === "line") {
      if (frame.conversation === conversation) place = frame;
    } else if (frame.type === "contact") {
      save((m) => { m.left = conversation; });
      said = texts.left;
    } else if (frame.type === "refused") refused(frame);
    drawState();
  }

  function take(messages) {
    for (const m of messages) {
      const fresh = m.seq > last;
      last = Math.max(last, m.seq);
      const own = memory.out.some((x) => x.id === m.id);
      draw(m);
      if (own) kept(m.id);
      if (m.author === "agent") {
        typing.textContent = "";
        if (fresh && !m.of && m.seq > (memory.read || 0) && unseen()) unread++;
      }
    }
    read();
  }

  // What has been seen is remembered for all tabs, so that it is not new again at the next page.
  const unseen = () => box.hidden || document.hidden;
  function read() {
    if (!unseen()) {
      unread = 0;
      if ((memory.read || 0) < last) save((m) => { m.read = last; });
    }
    drawUnread();
  }

  function refused(frame) {
    const m = pending(frame.id);
    if (frame.code === "closed" && m) { // the conversation ended meanwhile: it becomes the first message of a new one
      if (m.conversation === conversation) state = "closed";
      save((s) => { for (const x of s.out) if (x.id === m.id) delete x.conversation; });
      say({ ...m, conversation: undefined });
    } else if (frame.id && frame.id === leaving) {
      problem.textContent = frame.message;
    } else if (frame.code === "unauthenticated" && !greeted) {
      save((s) => { delete s.token; delete s.conversation; });
      hello();
    } else if (frame.retry && (m || !greeted)) { // not now: said, and done by itself
      said = frame.message;
      clearTimeout(overdue);
      clearTimeout(patience);
      clearTimeout(later);
      overdue = 0;
      held = !!m; // what is written meanwhile goes after it
      if (!m) pause = frame.retry; // for when the server closes the socket with it
      later = setTimeout(m ? flush : hello, frame.retry * (1000 + 500 * Math.random()) + 100);
    } else if (m) { // will not be kept as it is: back to its writer
      sent.delete(m.id);
      kept(m.id);
      shown.get(m.id)?.remove();
      shown.delete(m.id);
      if (!input.value) input.value = m.text;
      notice.textContent = frame.message;
      return;
    } else {
      notice.textContent = frame.message;
    }
  }

  // --- the person ---------------------------------------------------------------------------------------------------
  function submit() {
    const text = input.value.trim();
    if (!text) return;
    const m = { id: newID(), text, conversation: state === "closed" ? undefined : conversation || undefined, subject: chosen() };
    save((s) => { s.out.push(m); });
    sent.set(m.id, m);
    input.value = "";
    grow();
    draw({ ...m, kind: "text", author: "visitor" }, true);
    if (greeted && !held) {
      say(m);
      if (!overdue) watch();
    } else if (!greeted) connect();
  }

  // Pages without TLS have no randomUUID.
  const newID = () => (crypto.randomUUID ? crypto.randomUUID() : uuid());
  function uuid() {
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    return [...b].map((x, i) => (i === 4 || i === 6 || i === 8 || i === 10 ? "-" : "") + x.toString(16).padStart(2, "0")).join("");
  }

  function grow() {
    input.rows = Math.min(5, Math.max(1, input.value.split("\n").length));
  }

  form.addEventListener("submit", (e) => { e.preventDefault(); submit(); });
  let entered = false; // Enter sends; some keyboards insert its line break all the same
  input.addEventListener("keydown", (e) => {
    entered = e.key === "Enter" && !e.shiftKey && !e.isComposing;
    if (entered) { e.preventDefault(); submit(); }
  });
  input.addEventListener("beforeinput", (e) => { if (entered && e.inputType === "insertLineBreak") e.preventDefault(); });
  input.addEventListener("input", () => {
    grow();
    if (state !== "open" || Date.now() - typedAt < 1000) return;
    typedAt = Date.now();
    setTimeout(() => put({ type: "typing", text: website.typing_preview ? input.value.slice(-500) : undefined }), 400);
  });
  close.addEventListener("click", () => api.close());
  box.addEventListener("keydown", (e) => { if (e.key === "Escape") api.close(); });
  addEventListener("online", () => { tries = 0; connect(); });
  addEventListener("offline", () => { if (socket) drop(); });
  addEventListener("pageshow", (e) => { if (e.persisted && socket) drop(); });
  addEventListener("storage", (e) => { // another tab's unsent messages are sent by that tab; ours stay ours
    if (e.key !== stored) return;
    load();
    if ((memory.read || 0) >= last) { unread = 0; drawUnread(); }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    read();
    if (socket && !greeted) { tries = 0; connect(); }
  });

  const remember = (open) => { try { sessionStorage.setItem(stored, open ? "open" : ""); } catch { /* as above */ } };
  const api = {
    listen() { connect(); },
    open(focus = true) {
      box.hidden = false;
      button.setAttribute("aria-expanded", "true");
      root.host.classList.add("open");
      remember(true);
      read();
      connect();
      drawState();
      toEnd();
      if (focus) input.focus();
    },
    close() {
      box.hidden = true;
      button.setAttribute("aria-expanded", "false");
      root.host.classList.remove("open");
      remember(false);
      button.focus();
    },
    toggle() { box.hidden ? api.open() : api.close(); },
  };
  for (const m of memory.out) draw({ ...m, kind: "text", author: "visitor" }, true);
  return api;
}
