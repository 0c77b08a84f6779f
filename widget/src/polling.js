// Long polling, for networks that block WebSockets: the same frames by HTTP, with the interface of a WebSocket. Every request begins with
// hello, so that any instance of the server can answer it.
let probeDelay = 60000; // milliseconds until it is tested whether WebSockets work again

export default function pollingSocket(address, socketAddress, hello, json) {
  const s = { readyState: 0, send, close };
  const stop = new AbortController();
  let queue = [], posting = false, isWelcomed = false, knownState = "", typingSentAt = 0, probeTimer;

  async function request(frames, wait) {
    const timeout = setTimeout(() => fail({}), 30000); // neither an answer nor an error comes
    let answer, body;
    try {
      answer = await fetch(address + (wait ? "&wait=" + wait : ""), {
        method: "POST", body: "[" + frames.join() + "]", credentials: "omit", signal: stop.signal, // text/plain: no preflight
      });
      body = await answer.json();
    } finally { clearTimeout(timeout); }
    if (!answer.ok) throw { ...body, retry: +answer.headers.get("Retry-After") };
    return body;
  }

  function deliver(frames) {
    for (let frame of frames) {
      if (s.readyState > 1) return;
      if (frame.type === "welcome" && isWelcomed && !frame.token) { // only what is new in the conversation counts
        const c = frame.conversation;
        if (!c || (!frame.messages.length && c.id + c.state === knownState)) continue;
        frame = { type: "messages", conversation: c, messages: frame.messages };
      }
      if (frame.conversation?.state) knownState = frame.conversation.id + frame.conversation.state;
      if (frame.type === "welcome") isWelcomed = true;
      if (frame.type === "refused" && isWelcomed && !frame.id && (frame.retry || frame.code === "unauthenticated")) throw frame; // connect again later
      s.onmessage({ data: json(frame) });
    }
  }

  const fail = (e) => {
    if (s.readyState > 1) return;
    close();
    s.onclose({ message: e.message, reason: e.reason, reference: e.reference, retry: e.retry });
  };

  async function post() {
    if (posting) return;
    posting = true;
    try {
      while (queue.length && s.readyState === 1) {
        let n = 0, size = 0; // a request may have 64 kB
        while (n < 40 && n < queue.length && (size += queue[n].length) < 15000) n++;
        const frames = queue.splice(0, n || 1);
        deliver(await request(frames[0] === hello.last ? frames : [hello(), ...frames]));
        if (isWelcomed && !loop.on) loop();
      }
    } catch (e) { fail(e); }
    posting = false;
  }

  async function loop() {
    loop.on = true;
    try {
      while (s.readyState === 1) {
        const from = Date.now();
        deliver(await request([hello()], 25));
        if (Date.now() - from < 300) await new Promise((go) => setTimeout(go, 300)); // an answer that comes at once must not make this a busy loop
      }
    } catch (e) { fail(e); }
  }

  function send(text) {
    if (text.startsWith('{"type":"typing"')) {
      if (Date.now() - typingSentAt < 3000) return;
      typingSentAt = Date.now();
    }
    queue.push(text);
    post();
  }

  function close() {
    s.readyState = 3;
    clearTimeout(probeTimer);
    stop.abort();
  }

  // Opens a WebSocket after a while to see whether they work again. If it brings a welcome, polling ends, and the panel connects anew.
  function scheduleProbe() {
    probeTimer = setTimeout(() => {
      let w, welcome = false;
      try { w = new WebSocket(socketAddress); } catch { return; }
      const enough = setTimeout(() => w.close(), 10000);
      w.onopen = () => w.send(hello());
      w.onmessage = (e) => { welcome = JSON.parse(e.data).type === "welcome"; w.close(); };
      w.onclose = () => {
        clearTimeout(enough);
        if (s.readyState !== 1) return;
        if (welcome) return fail({ retry: 0 });
        probeDelay = Math.min(2 * probeDelay, 600000);
        scheduleProbe();
      };
    }, probeDelay);
  }

  setTimeout(() => {
    if (s.readyState) return;
    s.readyState = 1;
    scheduleProbe();
    s.onopen();
  });
  return s;
}
