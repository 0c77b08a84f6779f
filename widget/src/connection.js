// The connection to the server, and the messages that wait to be sent. The wire format is in ../PROTOCOL.md.
import { chat, endpoint, lang, pageAddress, refusalText, storagePrefix } from "./config.js";
import { context } from "./context.js";
import { load, stored, stringify, tabItem, update } from "./storage.js";

export let isWelcomed = false, isStopped = false, failedAttempts = 0, noticeText = ""; // noticeText: what the visitor reads about it
let socket, pollingSocket, connectTimer, ackTimer, retryTimer, proof, retryAfter = 0;
let deadline, maxSilence, aliveTimer; // deadline of the next frame in ms since the epoch; milliseconds between frames (NaN: no limit); its check
let isHeld = false; // a message is to be sent again later: those after it wait, to keep the order
const sent = new Map(); // message id to message, of this tab: another tab may remove it from the shared storage first
let failedSockets, socketWorked = false; // sockets in a row without a welcome (stored for the next page); whether there ever was a welcome
const maxFailedSockets = () => (socketWorked ? 6 : 2); // after so many, WebSockets count as blocked, and polling begins

export const showNotice = (text) => { noticeText = text; context.renderState(); };
export const sendFrame = (frame) => { if (socket?.readyState === 1) socket.send(stringify(frame)); };

export function openSocket() {
  clearTimeout(connectTimer);
  if (chat.code || isStopped || socket?.readyState < 2) return;
  failedSockets ??= tabItem(storagePrefix + ".way") ? 2 : 0;
  const address = endpoint("socket").replace(/^http/, "ws");
  let s;
  if (failedSockets < maxFailedSockets()) {
    try { s = new WebSocket(address); } catch { failedSockets = maxFailedSockets(); }
  }
  if (!s && !pollingSocket) return void import("./polling.js").then((m) => { pollingSocket = m.default; openSocket(); }, () => setTimeout(openSocket, 5000));
  socket = s ||= pollingSocket(endpoint("frames"), address, helloFrame, stringify);
  s.onopen = () => s === socket && sendHello();
  s.onmessage = (e) => {
    if (s !== socket) return;
    deadline = Date.now() + maxSilence;
    if (e.data[2]) context.receiveFrame(JSON.parse(e.data));
  };
  s.onclose = (e) => s === socket && onClosed(e);
  isWelcomed = false;
  maxSilence = NaN;
  expectWelcome();
  aliveTimer ||= setInterval(checkAlive, 2000);
}

// Sets the deadline for the welcome.
function expectWelcome() { deadline = Date.now() + 10000; }

// Drops a connection that has missed its deadline: it is dead, or the computer was asleep.
export function checkAlive() { if (Date.now() > deadline) dropConnection(); }

const pageInfo = () => ({ url: pageAddress(), title: document.title });

function helloFrame() {
  load();
  return (helloFrame.last = stringify({ type: "hello", protocol: 1, token: stored.token, ...context.cursor(),
    identity: chat.identity || undefined, proof, page: { ...pageInfo(), referrer: document.referrer }, language: lang }));
}

function sendHello() {
  expectWelcome();
  if (socket?.readyState === 1) socket.send(helloFrame());
}

export function onWelcome(token, every) {
  const socketed = "binaryType" in socket;
  maxSilence = every * 2500; // NaN from a server that sends no heartbeats
  deadline = Date.now() + maxSilence;
  isWelcomed = true;
  failedAttempts = retryAfter = 0;
  noticeText = "";
  socketWorked ||= socketed;
  if (socketed) failedSockets = 0;
  tabItem(storagePrefix + ".way", socketed ? "" : "poll");
  if (token) update((m) => { m.token = token; });
  chat.onIdentified?.();
}

// Stops waiting for anything.
function clearTimers() {
  clearTimeout(retryTimer);
  ackTimer = clearTimeout(ackTimer);
  deadline = NaN;
}

function onClosed(end) {
  const polled = !("binaryType" in socket);
  clearTimers();
  isHeld = false;
  if (polled) failedSockets = maxFailedSockets() - 1; // one attempt with a socket, then polling again
  else if (!isWelcomed) failedSockets++;
  isWelcomed = false;
  if (end.code === 1008) isStopped = true;
  if (end.retry) { noticeText = refusalText(end); retryAfter = end.retry; }
  failedAttempts++;
  context.renderState();
  if (failedAttempts > 2 && !isStopped) import("./refusalReason.js").then((m) => m.default(endpoint("site"))).then((why) => {
    if (!why) return;
    isStopped = true;
    clearTimeout(connectTimer);
    context.renderState();
  }, () => 0); // the server was not reached: attempts go on
  const wait = failedAttempts < 4 && (polled || failedSockets === maxFailedSockets()) ? 200 : Math.min(30000, 400 * 2 ** failedAttempts);
  if (!isStopped) connectTimer = setTimeout(openSocket, (retryAfter * 1000 || wait) * (0.5 + Math.random()) + retryAfter * 500);
  retryAfter = 0;
}

// Drops the connection, which may be dead although the browser does not know yet, and connects again later.
export function dropConnection() {
  const s = socket;
  if (!s) return;
  onClosed({});
  socket = null;
  s.close();
}

// Connects now instead of after a delay, if a connection was ever wanted.
export function reconnect() {
  if (!socket && !failedAttempts) return;
  failedAttempts = 0;
  openSocket();
}

// --- messages that wait to be sent ------------------------------------------------------------------------------------
const sendMessage = (m) => sendFrame({ type: "send", id: m.id, conversation: m.conversation || undefined, subject: m.subject, text: m.text, page: m.conversation ? undefined : pageInfo() });

// Stores a message in the outbox and sends it if possible.
export function queueMessage(m) {
  update((s) => { s.out.push(m); });
  sent.set(m.id, m);
  if (!isWelcomed) openSocket();
  else if (!isHeld) {
    sendMessage(m);
    if (!ackTimer) expectAck();
  }
}

// Sends everything in the outbox again. The server knows messages by their ids.
export function flushOutbox() {
  isHeld = false;
  if (!isWelcomed) return;
  load().out.forEach(sendMessage);
  expectAck();
}

// Drops the connection if an acknowledgment does not come in time.
function expectAck() {
  clearTimeout(ackTimer);
  ackTimer = load().out.length ? setTimeout(dropConnection, 10000) : 0;
}

export const pendingMessage = (id) => sent.get(id) || stored.out.find((x) => x.id === id);

export function removePending(id) {
  sent.delete(id);
  update((m) => { m.out = m.out.filter((x) => x.id !== id); });
  expectAck();
}

// Handles a refusal that needs nothing from the visitor, by another attempt, now or later. Reports whether it did. m is the refused message,
// if it is one.
export function recover(refused, m) {
  const { code, message, retry } = refused;
  if (code === "closed" && m) { // the conversation has ended: the message begins a new one
    update((s) => { for (const x of s.out) if (x.id === m.id) delete x.conversation; });
    sendMessage({ ...m, conversation: undefined });
  } else if (code === "work") { // the website requires a proof of work
    import("./proofOfWork.js").then((w) => w.default(message)).then((p) => { proof = p; sendHello(); proof = undefined; });
  } else if (code === "unauthenticated" && !isWelcomed) {
    if (chat.identity) { chat.onIdentified?.(message); chat.identity = ""; }
    else update((s) => { delete s.token; delete s.conversation; });
    sendHello();
  } else if (retry && (m || !isWelcomed)) {
    noticeText = refusalText(refused);
    clearTimers();
    isHeld = !!m;
    if (!m) retryAfter = retry; // in case the server closes the socket now
    retryTimer = setTimeout(m ? flushOutbox : sendHello, retry * (1000 + 500 * Math.random()) + 100);
  } else return false;
  return true;
}
