// The socket: after every opening the page says how far each thread has come, and gets what is missing.
import { $, all, composer, panes } from "./dom.js";
import { cursor } from "./panes.js";
import { cursorOf } from "./loading.js";
import { pump } from "./composer.js";

const connection = $("connection");
let socket;
document.addEventListener("htmx:ws:after:connection", (e) => {
  socket = e.detail.connection.socket;
  connection.textContent = "Online";
  connection.classList.add("on");
  const threads = {}, light = {};
  for (const p of all(".pane:not(.light)", panes)) threads[p.dataset.conversation] = cursor(p);
  for (const p of all(".pane.light", panes).slice(0, 900)) light[p.dataset.conversation] = cursorOf(p); // the others are known by their ids
  tell({ type: "hello", threads, light });
  $("trouble").replaceChildren();
  for (const p of all(".pane", panes)) if (composer(p)?.out?.length) pump(composer(p));
});
document.addEventListener("htmx:ws:close", (e) => {
  connection.classList.remove("on");
  connection.textContent = { 1008: "Logged out", 4001: "Not connected" }[e.detail.code] ?? "Reconnecting…";
  if (e.detail.code === 1008) location.assign("/login?ended=1&next=/desk");
});
export const tell = (frame) => { if (socket?.readyState === 1) socket.send(JSON.stringify(frame)); };
addEventListener("offline", () => { connection.classList.remove("on"); connection.textContent = "No network"; socket?.close(); });
addEventListener("online", () => { if (!socket || socket.readyState > 1) location.reload(); });
