// Shows what is pushed while no desk is open, and opens the desk on a click.
addEventListener("push", (e) => {
  const { title, body, tag } = e.data?.json() || {};
  e.waitUntil((async () => {
    const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
    if (open.some((c) => new URL(c.url).pathname === "/desk" && c.focused)) return; // it is being looked at
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
