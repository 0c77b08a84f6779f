// The desk's behaviour around the fragments. The server owns the content; nothing here decides anything that a reload would
// not show the same.
import { begin } from "./incoming.js";
import { showKeys } from "./commands.js";
import { beginAside } from "./aside.js";
import { tell } from "./socket.js";

document.addEventListener("click", (e) => { if (e.target.closest("[data-alive]")) tell({ type: "alive" }); });
begin();
showKeys();
document.addEventListener("DOMContentLoaded", beginAside); // htmx is there by then
