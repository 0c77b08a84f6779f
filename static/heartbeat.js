// Detects, on every page with a socket, that nothing arrives any more although the socket is open: the network is gone, or the computer was
// asleep. Then the socket is dropped, and htmx connects again. Servers send {"heartbeat": seconds} when they have sent nothing else; a server
// that has sent none on two connections is of an older version, and silence means nothing.
(() => {
  const usualInterval = 10, missedIntervals = 2.5; // seconds between heartbeats; and after how many such intervals a connection is dead
  let connection, connectingSince = 0, deadline = NaN, maxSilence, silentConnections = 0, note, noteTimer, opened = false, sessionEnded = false;

  document.addEventListener("htmx:ws:before:connection", (e) => { connection = e.detail.connection; });
  document.addEventListener("htmx:ws:after:connection", (e) => {
    connection = e.detail.connection;
    opened = true;
    maxSilence = silentConnections < 2 ? usualInterval * missedIntervals * 1000 : NaN;
    deadline = Date.now() + 10000; // every server sends something at once
    const { socket } = connection;
    socket.addEventListener("message", ({ data }) => {
      if (socket !== connection.socket) return;
      if (data[0] === "{") {
        const { heartbeat } = JSON.parse(data);
        maxSilence = heartbeat * missedIntervals * 1000;
        silentConnections = 0;
        document.documentElement.dataset.heartbeat = heartbeat; // for tests and support: heartbeats arrive
      }
      deadline = Date.now() + maxSilence;
    });
    clearTimeout(noteTimer);
    if (!sessionEnded) note?.remove();
  });
  document.addEventListener("htmx:ws:close", (e) => {
    deadline = NaN;
    const { code } = e.detail, failed = !opened;
    opened = false;
    if (document.getElementById("connection") || !code) return; // the desk shows its own state
    if (code === 1008 || failed) checkSession(code === 1008);
    if (code === 1008) return;
    clearTimeout(noteTimer);
    noteTimer = setTimeout(showNote, 1000, "Reconnecting…");
  });

  function showNote(...what) {
    if (sessionEnded) return;
    if (!note) {
      note = document.createElement("p");
      note.className = "reconnecting";
      note.setAttribute("role", "status");
    }
    document.body.append(note);
    note.replaceChildren(...what);
  }

  // The server has closed the socket for good, or refuses it: the session may have ended. A page without text fields goes to the log-in and
  // comes back; on others what was typed stays, and the log-in is offered.
  async function checkSession(certain) {
    let now = null;
    try {
      const res = await fetch("/desk/session");
      if (res.ok) now = await res.json();
    } catch { /* the server was not reached */ }
    if (sessionEnded || !now && !certain || now?.user && !certain) return;
    const address = now?.user ? "" : "/login?ended=1&next=" + encodeURIComponent(location.pathname + location.search);
    if (!document.querySelector("main :is(textarea, input:not([type='hidden']))")) return address ? location.assign(address) : location.reload();
    const link = document.createElement("a");
    link.href = address;
    link.target = address && "_blank";
    link.textContent = address ? "Log in in another tab" : "Reload page";
    clearTimeout(noteTimer);
    showNote(address ? "Your session has ended. Your changes on this page are kept. " : "Your permissions have changed. This page is out of date. ", link);
    sessionEnded = !!address;
  }
  addEventListener("focus", async () => {
    if (!sessionEnded) return;
    try {
      const now = await (await fetch("/desk/session")).json();
      if (now.user) { sessionEnded = false; note.remove(); }
    } catch { /* it is checked again at the next focus */ }
  });

  // Reports the socket as closed at once: the browser would wait a minute for the server's answer to the closing handshake.
  function giveUp(socket) {
    deadline = NaN;
    silentConnections++;
    const { abortController } = connection;
    socket.dispatchEvent(new CloseEvent("close", { code: 1006 }));
    abortController?.abort(); // htmx must not get events of the old socket
    socket.close();
  }

  function check() {
    const socket = connection?.socket, now = Date.now();
    if (socket?.readyState === 0) {
      connectingSince ||= now;
      if (now - connectingSince > 10000) { connectingSince = 0; giveUp(socket); }
      return;
    }
    connectingSince = 0;
    if (socket?.readyState === 1 && now > deadline) giveUp(socket);
  }
  setInterval(check, 2000);
  addEventListener("focus", check);
  document.addEventListener("visibilitychange", check);
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); }); // its socket was closed when the page was left
})();
