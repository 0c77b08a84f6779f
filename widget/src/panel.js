// The panel: one socket, the talk, the composer. The wire format is in ../PROTOCOL.md.
import files from "./files.js";
import { act, fill, make, newID } from "./make.js";
import markdown from "./markdown.js";
import rating from "./rating.js";
import english from "./texts/en.js";

const tools = { act, make, newID };

export default async function panel({ root, button, badge, base, key, stored, website, lang }) {
  const short = lang.toLowerCase().split("-")[0], chat = window.parleyChat;
  let texts = english;
  if (website.words) try { texts = (await import(base + website.words)).default; } catch { /* English, then */ }
  texts = { ...english, ...texts, ...website.texts };
  const speaks = website.words || short === "en" ? lang : "en"; // times and numbers, too
  let poll; // loaded where sockets are blocked

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

  const title = make("strong", "", website.name);
  const status = make("span", "status");
  const face = make("img", "face");
  face.alt = "";
  face.hidden = true;
  const close = act("close", "×", () => api.close());
  close.setAttribute("aria-label", texts.close);
  const menu = make("details", "menu"), opener = make("summary", "", "⋯"), items = make("div", "items");
  opener.setAttribute("aria-label", texts.more);
  menu.append(opener, items);
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
  const about = make("div"), contact = make("div"); // what is asked beside the talk is loaded where it is asked
  let subject, address, chosen = () => undefined, wish = () => {};
  const verdict = website.rating && rating(website.rating, texts, (frame) => put({ ...frame, conversation }));
  const form = make("form", "composer", input, send);
  const ahead = make("div", "before"); // questions
  const box = make("section", "panel", make("header", "", face, make("div", "", title, status), menu, close), log, typing, notice, ...(verdict ? [verdict.form] : []), ahead, about, contact, form);
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", website.name);
  box.hidden = true;
  root.append(box);
  files({ website, lang: speaks, texts, box, form, input, host: root.host, token: () => memory.token,
    to: (id, name) => call("files") + "&id=" + id + "&name=" + encodeURIComponent(name) + (state && state !== "closed" ? "&conversation=" + conversation : "") + (chosen() ? "&subject=" + chosen() : "") + (state ? "" : "&page=" + encodeURIComponent(location.href) + "&title=" + encodeURIComponent(document.title)),
    show: (m) => { draw(m, true); return shown.get(m.id); },
    sent: (a, m) => { const began = m.seq === 1; if (!conversation || a.conversation >= conversation) { turnTo(a.conversation); if (!state || state === "closed") state = "waiting"; draw(m); drawState(); if (began) introduce(); chat.told(); } },
  });

  let choices; // of the menu
  menu.addEventListener("toggle", async () => {
    if (choices || !menu.open) return;
    choices = (await import("./menu.js")).default(tools, { website, texts, put, log, box, items, privacy, close: () => { menu.open = false; }, told: (f) => f(conversation) });
    drawState();
  });
  const privacy = make("div", "privacy text", ...markdown(website.privacy || ""));
  privacy.hidden = true;

  let talk = make("div", "talk"); // the messages of the present conversation
  const talks = new Map(); // and of those before it
  const opening = website.greetings ? (await import("./greet.js")).default(website, new Date(), location.pathname) : { text: website.greeting }, greeting = make("div", "greeting text", ...markdown(opening.text || ""));
  greeting.hidden = !opening.text;
  greeting.dir = "auto";
  log.append(privacy, greeting, talk);

  let socket, greeted = false, tries = 0, timer, patience, overdue, later, stopped = false, held = false, said = "", pause = 0;
  let asking = !!website.questions, reply = 0, seen = 0; // questions are still to be asked; how far each side has read
  let proof, place = null, leaving; // in line; and the id of an address on its way
  let conversation = null, state = "", agent = "", last = 0, unread = 0, typedAt = 0, typingTimer;
  const shown = new Map(); // message id to its element
  const sent = new Map(); // message id to what this tab has sent: another tab may take it out of the shared memory first

  const current = () => talk;
  let tell;
  chat.told = async () => {
    tell ||= (await import("./tell.js")).default(stored, put, () => Object.fromEntries((memory.answers || []).map((a) => [a.label.slice(0, 60), a.value])));
    tell(greeted && state && state !== "closed" && conversation);
  };

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
      const words = { taken: texts.joined, closed: texts.ended, left: texts.you_ended, lapsed: texts.lapsed, silent: texts.silent, returned: texts.returned };
      e.textContent = fill(words[m.text] || "", { name: m.name });
    } else {
      e.change = (changed, text) => {
        const foot = make("small", "", pending ? texts.sending
          : (m.author === "agent" && m.name ? m.name + " · " : "") + new Date(m.at).toLocaleTimeString(speaks, { hour: "2-digit", minute: "2-digit" }) + (changed === "edited" ? " · " + texts.edited : ""));
        e.replaceChildren(changed !== "erased" && m.file ? attached(m) : make("div", "text", ...(changed === "erased" ? [make("em", "", texts.erased)] : markdown(text))), foot);
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
    if (m.author === "visitor") marks();
  }

  function attached(m) {
    const a = make("a", "file"), f = m.file;
    a.href = base + f.url;
    a.target = "_blank";
    a.rel = "noopener";
    const card = () => { a.className = a.part = "file card"; a.replaceChildren(m.text); };
    if (!f.width) card();
    else {
      const img = make("img"), small = Math.min(1, 240 / f.width, 200 / f.height);
      img.width = Math.max(1, f.width * small);
      img.height = Math.max(1, f.height * small);
      img.alt = m.text;
      img.onerror = card; // the page may forbid images from elsewhere
      img.src = a.href;
      a.append(img);
    }
    return a;
  }

  // Under the visitor's last message: whether it is kept, and read.
  function marks() {
    for (const e of log.querySelectorAll(".mark")) e.remove();
    const last = Array.from(talk.querySelectorAll(".message.visitor:not(.pending)")).pop(), foot = last && last.querySelector("small");
    if (foot && last.dataset.seq) foot.append(make("span", "mark", " · " + (+last.dataset.seq <= seen ? texts.read : texts.sent)));
  }

  function drawState() {
    status.textContent = stopped ? "" : !greeted ? texts.connecting : state === "open" ? fill(texts.here, { name: agent }) : state !== "waiting" ? opening.status || "" : place?.words || texts.waiting;
    face.hidden = state !== "open" || !face.src;
    const over = state === "closed", talking = state && !over;
    choices?.draw(state);
    menu.hidden = !state && !website.privacy;
    if (verdict) verdict.form.hidden = !over || memory.rated === conversation && !verdict.said;
    ahead.hidden = !asking || !!talking;
    form.hidden = stopped || !ahead.hidden && ahead.childElementCount > 0;
    about.hidden = !website.subjects || talking || form.hidden;
    const stay = atEnd();
    if (state === "waiting" && place?.nobody && !address) leaveAddress();
    contact.hidden = state !== "waiting" || !place?.nobody || memory.left === conversation || !!memory.email;
    if (stay) toEnd();
    notice.textContent = stopped ? texts.gone : said || (greeted || !tries ? "" : texts.offline);
    input.placeholder = state === "closed" ? texts.again : texts.write;
  }

  function drawUnread() {
    badge.hidden = !unread;
    badge.textContent = unread > 9 ? "9+" : unread;
    button.setAttribute("aria-label", texts.open + (unread ? ", " + fill(texts.unread, { n: unread }) : ""));
    if (unread !== (chat.unread || 0)) chat.tell("unread", (chat.unread = unread));
    if (unread && document.hidden) import("./blink.js").then((m) => m.default(texts.news));
  }

  function turnTo(id) {
    if (id === conversation) return;
    if (conversation && talk.childElementCount) {
      talk = make("div", "talk");
      log.append(talk);
    }
    conversation = id;
    verdict?.reset();
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
    if (!s && !poll) return void import("./poll.js").then((m) => { poll = m.default; connect(); }, () => { timer = setTimeout(connect, 5000); });
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
      identity: chat.identity || undefined, proof, page: { url: location.href, title: document.title, referrer: document.referrer }, language: lang }));
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
      const answer = await (await fetch(call("site"), { credentials: "omit", cache: "reload" })).json();
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
      if (chat.identity) { // taken once
        save((m) => { m.signed = chat.identity.slice(-20); });
        chat.identity = "";
      }
      const c = frame.conversation;
      if (c) {
        turnTo(c.id);
        state = c.state;
        agent = c.agent || "";
        asking &&= state === "closed";
      }
      ask();
      take(frame.messages);
      flush();
      chat.told();
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
        if (frame.seq === 1) introduce();
        chat.told();
      }
      sent.delete(frame.id);
      kept(frame.id);
      said = "";
    } else if (frame.type === "seen") {
      if (frame.conversation === conversation && frame.seq > seen) { seen = frame.seq; marks(); }
    } else if (frame.type === "agent") {
      face.src = base + frame.picture;
    } else if (frame.type === "rated") {
      save((m) => { m.rated = conversation; });
      verdict.kept();
      chat.tell("rated");
    } else if (frame.type === "mailed") {
      choices?.mailed();
      said = texts.mailed;
    } else if (frame.type === "typing") {
      clearTimeout(typingTimer);
      typing.textContent = fill(texts.typing, { name: agent });
      typingTimer = setTimeout(() => { typing.textContent = ""; }, 4000);
    } else if (frame.type === "line") {
      if (frame.conversation === conversation) {
        frame.words = place?.words; // until the new ones are there
        place = frame;
        import("./line.js").then((m) => { frame.words = m.default(fill, frame, texts, speaks); drawState(); });
      }
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
        if (fresh && !m.of && m.seq > (memory.read || 0)) {
          reply = m.seq;
          if (unseen()) unread++;
          chat.tell("message", { text: m.text, name: m.name });
        }
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
      if (reply && greeted) { put({ type: "seen", conversation, seq: reply }); reply = 0; }
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
      address.problem.textContent = frame.message;
    } else if (choices?.mine(frame.id)) {
      choices.refused(frame.message);
    } else if (verdict && verdict.mine(frame.id)) {
      verdict.refused(frame.message);
    } else if (frame.code === "work") { // the website asks for it
      import("./work.js").then((m) => m.default(frame.message)).then((p) => { proof = p; hello(); proof = undefined; });
    } else if (frame.code === "unauthenticated" && !greeted) {
      if (chat.identity) { console.error("Parley: " + frame.message); chat.identity = ""; }
      else save((s) => { delete s.token; delete s.conversation; });
      hello();
    } else if (frame.retry && (m || !greeted)) { // not now: said, and done by itself
      said = texts.busy || frame.message;
      clearTimeout(overdue);
      clearTimeout(patience);
      clearTimeout(later);
      overdue = 0;
      held = !!m; // what is written meanwhile goes after it
      if (!m) pause = frame.retry; // for when the server closes the socket with it
      later = setTimeout(m ? flush : hello, frame.retry * (1000 + 500 * Math.random()) + 100);
    } else {
      if (m) { // will not be kept as it is: back to its writer
        sent.delete(m.id);
        kept(m.id);
        shown.get(m.id)?.remove();
        shown.delete(m.id);
        if (!input.value) input.value = m.text;
      }
      said = frame.message;
    }
  }

  // --- the person ---------------------------------------------------------------------------------------------------
  function submit() {
    const text = input.value.trim();
    if (!text || form.hidden) return;
    const m = { id: newID(), text, conversation: state === "closed" ? undefined : conversation || undefined, subject: chosen() };
    if (!state || state === "closed") { seen = 0; chat.tell("started"); }
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
  box.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    if (menu.open) { menu.open = false; opener.focus(); } else api.close();
  });

  // What was answered before the chat: where to write to, and the rest beside the talk.
  function introduce() {
    const answer = (kind) => memory.answers?.find((a) => a.kind === kind)?.value, email = answer("email"), name = answer("name");
    if (email || name) put({ type: "contact", id: newID(), email, name });
  }

  async function leaveAddress() {
    address = {};
    address = (await import("./ask.js")).address(tools, texts, "leave", (email) => put({ type: "contact", id: (leaving = newID()), email }));
    contact.append(address.contact);
  }
  async function askSubject() {
    if (!website.subjects || subject) return;
    subject = (await import("./ask.js")).subjects(tools, website, lang, texts, () => input.focus());
    ({ chosen, wish } = subject);
    about.append(subject.about);
    drawState();
  }

  // The questions before the chat, once it is known that there is no talk yet. What was answered before is not asked again.
  async function ask() {
    if (!asking || state && state !== "closed" || ahead.childElementCount) return;
    const known = (memory.answers || []).map((a) => a.label), open = website.questions.filter((q) => !known.includes(q.label) && !(q.kind === "email" && memory.email));
    if (!open.length) { asking = false; return drawState(); }
    const { default: questions } = await import("./questions.js");
    if (ahead.childElementCount) return;
    ahead.append(questions(tools, open, texts, (answers) => {
      asking = false;
      save((m) => { m.answers = [...(m.answers || []), ...answers]; for (const a of answers) if (a.kind === "email") m.email = a.value; });
      drawState();
      input.focus();
    }));
    const held = root.activeElement === input;
    drawState();
    if (held) ahead.querySelector("input, select").focus();
  }

  // Another visitor from now on, as the site says; or none any more.
  chat.identified = () => {
    if (chat.identity && memory.signed === chat.identity.slice(-20)) chat.identity = ""; // it is known already
    else {
      if (!chat.identity) {
        save((m) => { for (const k of Object.keys(m)) delete m[k]; m.out = []; });
        chat.data = {};
        asking = !!website.questions;
      }
      anew();
    }
  };
  if (chat.identity) chat.identified();
  function anew() {
    if (!socket) return;
    conversation = null;
    state = agent = "";
    last = unread = 0;
    shown.clear();
    talks.clear();
    for (const t of log.querySelectorAll(".talk")) t.remove();
    talk = make("div", "talk");
    log.append(talk);
    drawUnread();
    drop();
    tries = 0;
  }
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
      chat.tell("opening");
      read();
      connect();
      chat.told();
      askSubject();
      drawState();
      toEnd();
      if (focus) (form.hidden ? box.querySelector(".before input, .before select") || close : input).focus();
      chat.tell("open");
    },
    close() {
      box.hidden = true;
      button.setAttribute("aria-expanded", "false");
      root.host.classList.remove("open");
      remember(false);
      button.focus();
      chat.tell("close");
    },
    async start({ group, text }) {
      await askSubject();
      if (group) wish(group);
      if (text && !input.value) input.value = text;
      grow();
      api.open();
    },
    toggle() { box.hidden ? api.open() : api.close(); },
  };
  for (const m of memory.out) draw({ ...m, kind: "text", author: "visitor" }, true);
  return api;
}
