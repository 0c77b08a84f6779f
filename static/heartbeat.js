// Notices on every page with a socket that nothing comes any more though nothing was closed: the network is gone, or this machine has
// slept. Then the socket is given up, and htmx connects anew. Servers send a heartbeat when nothing else was sent, {"heartbeat": seconds};
// of one that has sent none on two connections, silence means nothing: it is of a version before.
(() => {
  const usual = 10, lost = 2.5; // seconds; and after how many of them a connection is dead
  let connection, since = 0, due = NaN, every, vain = 0, note, soon, opened = false, over = false;

  document.addEventListener("htmx:ws:before:connection", (e) => { connection = e.detail.connection; });
  document.addEventListener("htmx:ws:after:connection", (e) => {
    connection = e.detail.connection;
    opened = true;
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
    if (!over) note?.remove();
  });
  document.addEventListener("htmx:ws:close", (e) => {
    due = NaN;
    const { code } = e.detail, failed = !opened;
    opened = false;
    if (document.getElementById("connection") || !code) return; // the desk shows its own
    if (code === 1008 || failed) ended(code === 1008);
    if (code === 1008) return;
    clearTimeout(soon);
    soon = setTimeout(say, 1000, "Reconnecting…");
  });

  function say(...what) {
    if (over) return;
    if (!note) {
      note = document.createElement("p");
      note.className = "reconnecting";
      note.setAttribute("role", "status");
    }
    document.body.append(note);
    note.replaceChildren(...what);
  }

  // The socket was closed for good or is refused: the session may have ended. A page where nothing is written goes to the log-in and comes
  // back; on others what is written stays, and the log-in is offered.
  async function ended(sure) {
    let now = null;
    try {
      const res = await fetch("/desk/session");
      if (res.ok) now = await res.json();
    } catch { /* the server is away: nothing is known */ }
    if (over || !now && !sure || now?.user && !sure) return;
    const address = now?.user ? "" : "/login?ended=1&next=" + encodeURIComponent(location.pathname + location.search);
    if (!document.querySelector("main :is(textarea, input:not([type='hidden']))")) return address ? location.assign(address) : location.reload();
    const link = document.createElement("a");
    link.href = address;
    link.target = address && "_blank";
    link.textContent = address ? "Log in in a new tab" : "Reload it";
    clearTimeout(soon);
    say(address ? "Your session has ended. What you typed here stays. " : "Your rights have changed. This page is not up to date. ", link);
    over = !!address;
  }
  addEventListener("focus", async () => {
    if (!over) return;
    try {
      const now = await (await fetch("/desk/session")).json();
      if (now.user) { over = false; note.remove(); }
    } catch { /* it is asked again */ }
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
