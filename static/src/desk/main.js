// The desk's script. The server renders all content; nothing here makes a decision that a reload would not show the same.
import { start } from "./updates.js";
import { showKeys } from "./commands.js";
import { startAside } from "./aside.js";
import { sendFrame } from "./socket.js";
import { load } from "./paneLoading.js";
import "./paste.js";
import { mostUrgent, onFocus, paneOf } from "./panes.js";

document.addEventListener("click", (e) => { if (e.target.closest("[data-alive]")) sendFrame({ type: "alive" }); });
let preloadTimer; // the most urgent conversation is loaded ahead, so that it opens at once
onFocus(() => {
  clearTimeout(preloadTimer);
  preloadTimer = setTimeout(() => { const next = paneOf(mostUrgent()); if (next) load(next); }, 400);
});
start();
showKeys();
document.addEventListener("DOMContentLoaded", startAside); // htmx is loaded by then
