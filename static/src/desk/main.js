// The desk's behaviour around the fragments. The server owns the content; nothing here decides anything that a reload would
// not show the same.
import { begin } from "./incoming.js";
import { showKeys } from "./commands.js";
import { beginAside } from "./aside.js";
import { tell } from "./socket.js";
import { load } from "./loading.js";
import "./paste.js";
import { onFocus, paneOf, urgent } from "./panes.js";

document.addEventListener("click", (e) => { if (e.target.closest("[data-alive]")) tell({ type: "alive" }); });
let ahead; // the one that is next in turn is there when it is called for
onFocus(() => {
  clearTimeout(ahead);
  ahead = setTimeout(() => { const next = paneOf(urgent()); if (next) load(next); }, 400);
});
begin();
showKeys();
document.addEventListener("DOMContentLoaded", beginAside); // htmx is there by then
