// The socket: after every opening the page says how far each thread has come, and gets what is missing.
import { $, all, composer, panes } from "./dom.js";
import { cursor } from "./panes.js";
import { cursorOf } from "./loading.js";
import { pump } from "./composer.js";
import { check, isOver, lost, onReturn, sayUndone } from "./session.js";

const connection = $("connection");
let socket, opened = false;
document.addEventListener("htmx:ws:before:connection", (e) => {
  if (!isOver()) return;
  e.detail.connection.cancelled = true; // it would be refused: after the log-in it is opened anew
  e.preventDefault();
});
document.addEventListener("htmx:ws:after:connection", (e) => {
  socket = e.detail.connection.socket;
  opened = true;
  connection.textContent = "Online";
  connection.classList.add("on");
  const threads = {}, light = {};
  for (const p of all(".pane:not(.light)", panes)) threads[p.dataset.conversation] = cursor(p);
  for (const p of all(".pane.light", panes).slice(0, 900)) light[p.dataset.conversation] = cursorOf(p); // the others are known by their ids
  tell({ type: "hello", threads, light });
  $("trouble").replaceChildren();
  sayUndone();
  for (const p of all(".pane", panes)) if (composer(p)?.out) pump(composer(p));
});
document.addEventListener("htmx:ws:close", (e) => {
  const { code } = e.detail, failed = !opened;
  opened = false;
  connection.classList.remove("on");
  if (isOver()) return;
  connection.textContent = { 1008: "Logged out", 4001: "Not connected" }[code] ?? "Reconnecting…";
  if (code === 1008) lost();
  else if (failed) check(true); // refused, perhaps because the session has ended
});
export const tell = (frame) => { if (socket?.readyState === 1) socket.send(JSON.stringify(frame)); };

// Opens the socket anew at once, whatever the one before is doing.
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
  opened = false;
  window.htmx?.trigger(document.body, "reopen");
}
onReturn(reopen);
addEventListener("offline", () => { connection.classList.remove("on"); connection.textContent = "No network"; socket?.close(); });
addEventListener("online", () => { if (!isOver() && (!socket || socket.readyState > 1)) reopen(); });
