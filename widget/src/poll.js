// Where a network blocks WebSockets: the same frames, posted and polled for. To the panel it looks like a WebSocket. Every
// request is whole in itself and begins with hello, so that any server can answer it.
let pauseBefore = 60000; // a probe

export default function poll(address, socketAddress, hello, json) {
  const s = { readyState: 0, send, close };
  const stop = new AbortController();
  let queue = [], posting = false, begun = false, known = "", typedAt = 0, probe;

  async function ask(frames, wait) {
    const late = setTimeout(() => failed({}), 30000); // nothing comes, and nothing ends
    let answer, said;
    try {
      answer = await fetch(address + (wait ? "&wait=" + wait : ""), {
        method: "POST", body: "[" + frames.join() + "]", credentials: "omit", signal: stop.signal, // text/plain: no preflight
      });
      said = await answer.json();
    } finally { clearTimeout(late); }
    if (!answer.ok) throw { ...said, retry: +answer.headers.get("Retry-After") };
    return said;
  }

  function hear(frames) {
    for (let frame of frames) {
      if (s.readyState > 1) return;
      if (frame.type === "welcome" && begun && !frame.token) { // the talk goes on: only what is new in it counts
        const c = frame.conversation;
        if (!c || (!frame.messages.length && c.id + c.state === known)) continue;
        frame = { type: "messages", conversation: c, messages: frame.messages };
      }
      if (frame.conversation?.state) known = frame.conversation.id + frame.conversation.state;
      if (frame.type === "welcome") begun = true;
      if (frame.type === "refused" && begun && !frame.id && (frame.retry || frame.code === "unauthenticated")) throw frame; // begin anew, later
      s.onmessage({ data: json(frame) });
    }
  }

  const failed = (e) => {
    if (s.readyState > 1) return;
    close();
    s.onclose({ message: e.message, reason: e.reason, reference: e.reference, retry: e.retry });
  };

  async function post() {
    if (posting) return;
    posting = true;
    try {
      while (queue.length && s.readyState === 1) {
        let n = 0, size = 0; // a request can have 64 kB
        while (n < 40 && n < queue.length && (size += queue[n].length) < 15000) n++;
        const frames = queue.splice(0, n || 1);
        hear(await ask(frames[0] === hello.last ? frames : [hello(), ...frames]));
        if (begun && !loop.on) loop();
      }
    } catch (e) { failed(e); }
    posting = false;
  }

  async function loop() {
    loop.on = true;
    try {
      while (s.readyState === 1) {
        const from = Date.now();
        hear(await ask([hello()], 25));
        if (Date.now() - from < 300) await new Promise((go) => setTimeout(go, 300)); // never in circles
      }
    } catch (e) { failed(e); }
  }

  function send(text) {
    if (text.startsWith('{"type":"typing"')) {
      if (Date.now() - typedAt < 3000) return;
      typedAt = Date.now();
    }
    queue.push(text);
    post();
  }

  function close() {
    s.readyState = 3;
    clearTimeout(probe);
    stop.abort();
  }

  // Perhaps sockets are possible again: one that brings a welcome is the sign to try.
  function look() {
    probe = setTimeout(() => {
      let w, welcome = false;
      try { w = new WebSocket(socketAddress); } catch { return; }
      const enough = setTimeout(() => w.close(), 10000);
      w.onopen = () => w.send(hello());
      w.onmessage = (e) => { welcome = JSON.parse(e.data).type === "welcome"; w.close(); };
      w.onclose = () => {
        clearTimeout(enough);
        if (s.readyState !== 1) return;
        if (welcome) return failed({ retry: 0 });
        pauseBefore = Math.min(2 * pauseBefore, 600000);
        look();
      };
    }, pauseBefore);
  }

  setTimeout(() => {
    if (s.readyState) return;
    s.readyState = 1;
    look();
    s.onopen();
  });
  return s;
}
