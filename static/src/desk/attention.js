// Attention: sound, desktop notification, and by the browser's own service where no desk is open. Each can be missing or refused by the
// browser; then the others do their part.
import { $, isolate, recall, remember, wishes } from "./dom.js";
import { focus, inFocus } from "./panes.js";
import { request } from "./server.js";

let rang = 0;
const quiet = () => recall("parley.quiet") === "1";
let ping;
try { ping = new Audio(document.body.dataset.sound); } catch { /* no sound here */ }
const titles = { message: "New message", given: "New conversation", offer: "Offered to you", line: "New in the line", note: "New note" };

function sound() {
  try { ping?.play()?.catch?.(() => {}); } catch { /* before the first click browsers play nothing */ }
}

// "granted", "denied" or "default"; empty where there are no notifications.
function permission() {
  try { return window.Notification?.permission || ""; } catch { return ""; }
}

export function attention(ready, kind, pane, text) {
  if (!ready || (pane && pane === inFocus() && document.hasFocus())) return;
  if (!quiet() && !wishes.quiet?.includes(kind) && Date.now() - rang > 1500) {
    rang = Date.now();
    sound();
  }
  if (wishes.hidden?.includes(kind) || permission() !== "granted" || document.hasFocus()) return;
  const title = kind === "message" || kind === "note" ? isolate(pane?.querySelector("h2").textContent || titles[kind]) : titles[kind];
  notify(title, { body: isolate(text.slice(0, 120)), tag: pane?.id || kind }, pane);
}

// Browsers of phones have the constructor but refuse it: there the service worker shows notifications.
function notify(title, options, pane) {
  try {
    const n = new Notification(title, options);
    n.onclick = () => { window.focus(); if (pane?.isConnected) focus(pane); n.close(); };
  } catch {
    byWorker(title, { ...options, data: { pane: pane?.id } }).catch(() => {}); // sound and title say it, too
  }
}
async function byWorker(title, options) {
  await navigator.serviceWorker.register("/worker.js");
  const worker = await navigator.serviceWorker.ready;
  await worker.showNotification(title, options);
}
try {
  navigator.serviceWorker?.addEventListener("message", (e) => { // a notification was clicked
    const pane = $(e.data?.pane || "");
    if (pane?.matches(".pane")) focus(pane);
  });
} catch { /* no service worker here */ }

const turnOn = $("notify"), soundButton = $("sound");
function show() {
  const state = permission();
  turnOn.hidden = !state;
  turnOn.textContent = state === "granted" ? "Desktop notifications are on" : state === "denied" ? "Notifications are blocked in the browser" : "Turn on desktop notifications";
  turnOn.disabled = state !== "default";
  soundButton.textContent = quiet() ? "Sound is off" : "Sound is on";
  soundButton.setAttribute("aria-pressed", String(!quiet()));
}
turnOn.addEventListener("click", async () => {
  try { await Notification.requestPermission(); } catch { /* it stays as it is */ }
  show();
  subscribe();
});
soundButton.addEventListener("click", () => { remember("parley.quiet", quiet() ? "" : "1"); show(); });
show();

// Push: the browser is told even where no desk is open, if the installation has keys for it.
async function subscribe() {
  const key = document.body.dataset.push;
  if (!key || permission() !== "granted") return;
  try {
    const worker = await navigator.serviceWorker.register("/worker.js");
    const raw = Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const s = (await worker.pushManager.getSubscription()) || (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: raw }));
    const { endpoint, keys } = s.toJSON();
    await request("/desk/push", { method: "POST", body: new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth }) });
  } catch { /* not here: desktop notifications still work while the desk is open */ }
}
subscribe();
