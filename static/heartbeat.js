// Notices on every page with a socket that nothing comes any more though nothing was closed: the network is gone, or this machine has
// slept. Then the socket is given up, and htmx connects anew. Servers send a heartbeat when nothing else was sent, {"heartbeat": seconds};
// of one that has sent none on two connections, silence means nothing: it is of a version before.
(() => {
  const usual = 10, lost = 2.5; // seconds; and after how many of them a connection is dead
  let connection, since = 0, due = NaN, every, vain = 0, note, soon;

  document.addEventListener("htmx:ws:before:connection", (e) => { connection = e.detail.connection; });
  document.addEventListener("htmx:ws:after:connection", (e) => {
    connection = e.detail.connection;
    every = vain < 2 ? usual * lost * 1000 : NaN;
    due = Date.now() + 10000; // every server says something at once
    const { socket } = connection;
    socket.addEventListener("message", ({ data }) => {
      if (socket !== connection.socket) return;
      if (data[0] === "{") {
        const { heartbeat } = JSON.parse(data);
        every = heartbeat * lost * 1000;
        vain = 0;
        document.documentElement.dataset.heartbeat = heartbeat; // for whoever wants to know whether they come
      }
      due = Date.now() + every;
    });
    clearTimeout(soon);
    note?.remove();
  });
  document.addEventListener("htmx:ws:close", (e) => {
    due = NaN;
    if (document.getElementById("connection") || e.detail.code === 1008 || !e.detail.code) return; // the desk shows its own
    clearTimeout(soon);
    soon = setTimeout(() => {
      if (!note) {
        note = document.createElement("p");
        note.className = "reconnecting";
        note.setAttribute("role", "status");
      }
      document.body.append(note);
      note.textContent = "Reconnecting…";
    }, 1000);
  });

  // The browser would wait a minute for an answer to its goodbye: htmx is told at once.
  function giveUp(socket) {
    due = NaN;
    vain++;
    const { abortController } = connection;
    socket.dispatchEvent(new CloseEvent("close", { code: 1006 }));
    abortController?.abort(); // it hears nothing of the old one any more
    socket.close();
  }

  function look() {
    const socket = connection?.socket, now = Date.now();
    if (socket?.readyState === 0) {
      since ||= now;
      if (now - since > 10000) { since = 0; giveUp(socket); }
      return;
    }
    since = 0;
    if (socket?.readyState === 1 && now > due) giveUp(socket);
  }
  setInterval(look, 2000);
  addEventListener("focus", look);
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); }); // it has said goodbye when it was left
})();
