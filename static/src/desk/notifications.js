// Notifications by sound, on the desktop, and by web push where no desk is open. Each works without the others, as a browser may lack or
// refuse any of them.
import { $, isolate, loadSetting, preferences, saveSetting } from "./dom.js";
import { focusPane, inFocus } from "./panes.js";
import { request } from "./requests.js";

let soundedAt = 0;
const isMuted = () => loadSetting("parley.quiet") === "1";
let audio;
try { audio = new Audio(document.body.dataset.sound); } catch { /* no sound here */ }
const titles = { message: "New message", given: "New conversation", offer: "Transfer request", line: "New in the queue", note: "New internal note" };

function playSound() {
  try { audio?.play()?.catch?.(() => {}); } catch { /* before the first click browsers play nothing */ }
}

// Returns "granted", "denied" or "default"; empty where the browser has no notifications.
function permission() {
  try { return window.Notification?.permission || ""; } catch { return ""; }
}

// Notifies the agent of news that it is not looking at. kind is a key of titles, by which agents turn sounds and notifications off;
// ready: the page has been loaded, so this is news.
export function notifyAgent(ready, kind, pane, text) {
  if (!ready || (pane && pane === inFocus() && document.hasFocus())) return;
  if (!isMuted() && !preferences.quiet?.includes(kind) && Date.now() - soundedAt > 1500) {
    soundedAt = Date.now();
    playSound();
  }
  if (preferences.hidden?.includes(kind) || permission() !== "granted" || document.hasFocus()) return;
  const title = kind === "message" || kind === "note" ? isolate(pane?.querySelector("h2").textContent || titles[kind]) : titles[kind];
  showNotification(title, { body: isolate(text.slice(0, 120)), tag: pane?.id || kind }, pane);
}

// Shows a desktop notification. On phones browsers refuse the constructor: there the service worker shows it.
function showNotification(title, options, pane) {
  try {
    const n = new Notification(title, options);
    n.onclick = () => { window.focus(); if (pane?.isConnected) focusPane(pane); n.close(); };
  } catch {
    showByWorker(title, { ...options, data: { pane: pane?.id } }).catch(() => {}); // the sound and the title are enough
  }
}
async function showByWorker(title, options) {
  await navigator.serviceWorker.register("/worker.js");
  const worker = await navigator.serviceWorker.ready;
  await worker.showNotification(title, options);
}
try {
  navigator.serviceWorker?.addEventListener("message", (e) => { // a notification was clicked
    const pane = $(e.data?.pane || "");
    if (pane?.matches(".pane")) focusPane(pane);
  });
} catch { /* no service worker here */ }

const permissionButton = $("notify"), soundButton = $("sound");
function showButtons() {
  const state = permission();
  permissionButton.hidden = !state;
  permissionButton.textContent = state === "granted" ? "Desktop notifications are on" : state === "denied" ? "Notifications are blocked by your browser" : "Turn on desktop notifications";
  permissionButton.disabled = state !== "default";
  soundButton.textContent = isMuted() ? "Sound is off" : "Sound is on";
  soundButton.setAttribute("aria-pressed", String(!isMuted()));
}
permissionButton.addEventListener("click", async () => {
  try { await Notification.requestPermission(); } catch { /* it stays as it is */ }
  showButtons();
  subscribe();
});
soundButton.addEventListener("click", () => { saveSetting("parley.quiet", isMuted() ? "" : "1"); showButtons(); });
showButtons();

// Subscribes to web push, which reaches the agent where no desk is open, if the installation has keys for it.
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
