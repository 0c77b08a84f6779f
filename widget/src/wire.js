// The socket, and what waits to be sent. The wire format is in ../PROTOCOL.md.
import { address, call, chat, lang, stored, why } from "./given.js";
import { json, load, memory, save, tab } from "./memory.js";
import { conversation, drawState, heard, last, tools } from "./talk.js";

export let greeted = false, stopped = false, tries = 0, said = ""; // said: what the visitor is told of it
let socket, poll, timer, overdue, later, proof, pause = 0;
let due, beat, pulse; // when something must have come, how soon after a frame the next must (NaN: whenever), and the timer that looks
let held = false; // a message was told to come again: what is written meanwhile goes after it
const sent = new Map(); // message id to what this tab has sent: another tab may take it out of the shared memory first
let barren, worked = false; // sockets in a row that brought no welcome (remembered for the next page); and whether one ever did
const enough = () => (worked ? 6 : 2); // of them to conclude that they are blocked

export const say = (text) => { said = text; };
export const put = (frame) => { if (socket?.readyState === 1) socket.send(json(frame)); };

const soon = () => { timer = setTimeout(connect, 5000); };
export function connect() {
  clearTimeout(timer);
  if (chat.code) return void import("./return.js").then((m) => m.default(tools(), call, why, connect), soon);
  if (stopped || socket?.readyState < 2) return;
  barren ??= tab(stored + ".way") ? 2 : 0;
  const address = call("socket").replace(/^http/, "ws");
  let s;
  if (barren < enough()) {
    try { s = new WebSocket(address); } catch { barren = enough(); }
  }
  if (!s && !poll) return void import("./poll.js").then((m) => { poll = m.default; connect(); }, soon);
  socket = s ||= poll(call("frames"), address, helloFrame, json);
  s.onopen = () => s === socket && hello();
  s.onmessage = (e) => {
    if (s !== socket) return;
    due = Date.now() + beat;
    if (e.data[2]) heard(JSON.parse(e.data));
  };
  s.onclose = (e) => s === socket && lost(e);
  greeted = false;
  beat = NaN;
  bePatient();
  pulse ||= setInterval(look, 2000);
}

// A connection that brings no welcome is given up.
function bePatient() { due = Date.now() + 10000; }

// Gives up a connection on which nothing has come for too long: it is dead, or this machine has slept.
export function look() { if (Date.now() > due) drop(); }

const page = () => ({ url: address(), title: document.title });

function helloFrame() {
  load();
  return (helloFrame.last = json({ type: "hello", protocol: 1, token: memory.token, conversation: last ? conversation : undefined, after: last || undefined,
    identity: chat.identity || undefined, proof, page: { ...page(), referrer: document.referrer }, language: lang }));
}

function hello() {
  bePatient();
  if (socket?.readyState === 1) socket.send(helloFrame());
}

export function welcomed(token, every) {
  const socketed = "binaryType" in socket;
  beat = every * 2500; // NaN, of a server that sends none
  due = Date.now() + beat;
  greeted = true;
  tries = pause = 0;
  said = "";
  worked ||= socketed;
  if (socketed) barren = 0;
  tab(stored + ".way", socketed ? "" : "poll");
  if (token) save((m) => { m.token = token; });
  chat.settle?.();
}

// Nothing is waited for.
function rest() {
  clearTimeout(later);
  overdue = clearTimeout(overdue);
  due = NaN;
}

function lost(end) {
  const polled = !("binaryType" in socket);
  rest();
  held = false;
  if (polled) barren = enough() - 1; // one try with a socket, then polling again
  else if (!greeted) barren++;
  greeted = false;
  if (end.code === 1008) stopped = true;
  if (end.retry) { said = why(end); pause = end.retry; }
  tries++;
  drawState();
  if (tries > 2 && !stopped) import("./refused.js").then((m) => m.default(call("site"))).then((why) => {
    if (!why) return;
    stopped = true;
    clearTimeout(timer);
    drawState();
  }, () => 0); // not reached: trying goes on
  const wait = tries < 4 && (polled || barren === enough()) ? 200 : Math.min(30000, 400 * 2 ** tries);
  if (!stopped) timer = setTimeout(connect, (pause * 1000 || wait) * (0.5 + Math.random()) + pause * 500);
  pause = 0;
}

// Drops a connection that may be dead without the browser knowing.
export function drop() {
  const s = socket;
  if (!s) return;
  lost({});
  socket = null;
  s.close();
}

// Now, not after a while, if it ever was connected.
export function again() {
  if (!socket && !tries) return;
  tries = 0;
  connect();
}

// --- what waits to be sent --------------------------------------------------------------------------------------------
const send = (m) => put({ type: "send", id: m.id, conversation: m.conversation || undefined, subject: m.subject, text: m.text, page: m.conversation ? undefined : page() });

export function post(m) {
  save((s) => { s.out.push(m); });
  sent.set(m.id, m);
  if (!greeted) connect();
  else if (!held) {
    send(m);
    if (!overdue) watch();
  }
}

export function flush() {
  held = false;
  if (!greeted) return;
  load().out.forEach(send);
  watch();
}

// An acknowledgement that does not come means that the connection is gone.
function watch() {
  clearTimeout(overdue);
  overdue = load().out.length ? setTimeout(drop, 10000) : 0;
}

export const pending = (id) => sent.get(id) || memory.out.find((x) => x.id === id);

export function kept(id) {
  sent.delete(id);
  save((m) => { m.out = m.out.filter((x) => x.id !== id); });
  watch();
}

// What is refused but can be done otherwise, or later, is done by itself.
export function mended(refused, m) {
  const { code, message, retry } = refused;
  if (code === "closed" && m) { // the conversation ended meanwhile: it becomes the first message of a new one
    save((s) => { for (const x of s.out) if (x.id === m.id) delete x.conversation; });
    send({ ...m, conversation: undefined });
  } else if (code === "work") { // the website asks for it
    import("./work.js").then((w) => w.default(message)).then((p) => { proof = p; hello(); proof = undefined; });
  } else if (code === "unauthenticated" && !greeted) {
    if (chat.identity) { chat.settle?.(message); chat.identity = ""; }
    else save((s) => { delete s.token; delete s.conversation; });
    hello();
  } else if (retry && (m || !greeted)) {
    said = why(refused);
    rest();
    held = !!m;
    if (!m) pause = retry; // for when the server closes the socket with it
    later = setTimeout(m ? flush : hello, retry * (1000 + 500 * Math.random()) + 100);
  } else return false;
  return true;
}
