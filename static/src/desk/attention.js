// Attention: sound, desktop notification, and by the browser's own service where no desk is open.
import { $, isolate, wishes } from "./dom.js";
import { focus, inFocus } from "./panes.js";

let rang = 0;
const quiet = () => localStorage.getItem("parley.quiet") === "1";
const ping = new Audio(document.body.dataset.sound);
const titles = { message: "New message", given: "New conversation", offer: "Offered to you", line: "New in the line", note: "New note" };

export function attention(ready, kind, pane, text) {
  if (!ready || (pane && pane === inFocus() && document.hasFocus())) return;
  if (!quiet() && !wishes.quiet?.includes(kind) && Date.now() - rang > 1500) {
    rang = Date.now();
    ping.play().catch(() => {}); // before the first click browsers play nothing
  }
  if (wishes.hidden?.includes(kind) || window.Notification?.permission !== "granted" || document.hasFocus()) return;
  const title = kind === "message" || kind === "note" ? isolate(pane?.querySelector("h2").textContent || titles[kind]) : titles[kind];
  const n = new Notification(title, { body: isolate(text.slice(0, 120)), tag: pane?.id || kind });
  n.onclick = () => { window.focus(); if (pane?.isConnected) focus(pane); n.close(); };
}

const notify = $("notify"), sound = $("sound");
function show() {
  const state = window.Notification?.permission;
  notify.hidden = !state;
  notify.textContent = state === "granted" ? "Desktop notifications are on" : state === "denied" ? "Notifications are blocked in the browser" : "Turn on desktop notifications";
  notify.disabled = state !== "default";
  sound.textContent = quiet() ? "Sound is off" : "Sound is on";
  sound.setAttribute("aria-pressed", String(!quiet()));
}
notify.addEventListener("click", async () => { await Notification.requestPermission(); show(); subscribe(); });
sound.addEventListener("click", () => { localStorage.setItem("parley.quiet", quiet() ? "" : "1"); show(); });
show();

// Push: the browser is told even where no desk is open, if the installation has keys for it.
async function subscribe() {
  const key = document.body.dataset.push;
  if (!key || !navigator.serviceWorker || window.Notification?.permission !== "granted") return;
  try {
    const worker = await navigator.serviceWorker.register("/worker.js");
    const raw = Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const s = (await worker.pushManager.getSubscription()) || (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: raw }));
    const { endpoint, keys } = s.toJSON();
    await fetch("/desk/push", { method: "POST", body: new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth }) });
  } catch { /* not here: desktop notifications still work while the desk is open */ }
}
subscribe();
