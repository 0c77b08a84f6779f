// The service worker. Shows web push notifications unless a desk has the focus, and opens the desk when one is clicked.
addEventListener("push", (e) => {
  const { title, body, tag } = e.data?.json() || {};
  e.waitUntil((async () => {
    const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
    if (open.some((c) => new URL(c.url).pathname === "/desk" && c.focused)) return; // the desk notifies by itself
    await registration.showNotification(title || "Parley", { body: body || "", tag: tag || "parley" });
  })());
});
addEventListener("notificationclick", (e) => {
  e.notification.close();
  e.waitUntil((async () => {
    const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
    const desk = open.find((c) => new URL(c.url).pathname === "/desk");
    if (!desk) return clients.openWindow("/desk");
    desk.postMessage({ pane: e.notification.data?.pane });
    return desk.focus();
  })());
});
