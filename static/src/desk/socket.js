// The socket. After every opening the page sends the cursor of each thread, and the server answers with what is missing.
import { $, all, panes } from "./dom.js";
import { cursor } from "./threads.js";
import { checkSession, hasEnded, onReturn, reportRefusedWork, sessionEnded } from "./session.js";

const connection = $("connection");
let socket, wasOpened = false;
const openListeners = [];
export const onOpen = (f) => openListeners.push(f); // f is called after every opening, when the cursors are sent
document.addEventListener("htmx:ws:before:connection", (e) => {
  if (!hasEnded()) return;
  e.detail.connection.cancelled = true; // it would be refused: it is opened after the log-in
  e.preventDefault();
});
document.addEventListener("htmx:ws:after:connection", (e) => {
  socket = e.detail.connection.socket;
  wasOpened = true;
  connection.textContent = "Connected";
  connection.classList.add("on");
  const threads = {}, light = {};
  for (const p of all(".pane:not(.light)", panes)) threads[p.dataset.conversation] = cursor(p);
  for (const p of all(".pane.light", panes).slice(0, 900)) light[p.dataset.conversation] = cursor(p); // a frame has a limit; panes beyond it that come again are recognized by their ids
  sendFrame({ type: "hello", threads, light });
  $("trouble").replaceChildren();
  reportRefusedWork();
  for (const f of openListeners) f();
});
document.addEventListener("htmx:ws:close", (e) => {
  const { code } = e.detail, failed = !wasOpened;
  wasOpened = false;
  connection.classList.remove("on");
  if (hasEnded()) return;
  connection.textContent = { 1008: "Logged out", 4001: "Disconnected" }[code] ?? "Reconnecting…";
  if (code === 1008) sessionEnded();
  else if (failed) checkSession(true); // refused, perhaps because the session has ended
});
export const sendFrame = (frame) => { if (socket?.readyState === 1) socket.send(JSON.stringify(frame)); };

// Opens the socket anew at once, whatever state the old one is in.
let reopened = 0, soon;
function reopen() {
  clearTimeout(soon);
  if (Date.now() - reopened < 2000) { soon = setTimeout(reopen, 2000); return; }
  reopened = Date.now();
  const ws = document.body._htmx?.ws, old = ws?.connection;
  if (old) {
    clearTimeout(old.timer);
    old.abortController?.abort();
    old.socket?.close();
    delete ws.connection;
  }
  wasOpened = false;
  window.htmx?.trigger(document.body, "reopen");
}
onReturn(reopen);
addEventListener("offline", () => { connection.classList.remove("on"); connection.textContent = "No connection"; socket?.close(); });
addEventListener("online", () => { if (!hasEnded() && (!socket || socket.readyState > 1)) reopen(); });
