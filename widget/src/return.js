// A mailed link carries a code that is good once. It is sent only when a person has done something on the page: programs that open
// the links in mails, and even run the scripts there, do not use it up. Until then the panel connects to nothing.
const chat = window.parleyChat;
// Not "scroll": the browser calls it trusted even where a script has scrolled.
const signs = ["pointermove", "pointerdown", "pointerup", "touchstart", "wheel", "keydown", "click"];
let waiting = false;

export default function comeBack(tools, call, why, connect) {
  if (waiting) return;
  waiting = true;
  const [found, fragment] = /^#(?:(.*)[?&])?parley=[\w-]+$/.exec(location.hash) || [];
  if (fragment) location.replace("#" + fragment); // the page's own, of which its script hears
  else if (found) history.replaceState(history.state, "", location.href.split("#")[0]);
  let waits = true;
  const sign = (e) => {
    // In the panel events are copies (see the launcher's guard): the browser knows whether a person is behind them.
    if (!e.isTrusted && !navigator.userActivation?.isActive || tools.box.hidden || !waits) return;
    waits = false;
    for (const s of signs) { removeEventListener(s, sign, true); tools.root.removeEventListener(s, sign); }
    use(tools, call, why).then(connect);
  };
  // What was done before this part was there, such as opening the panel by hand, counts.
  if (navigator.userActivation?.hasBeenActive) sign({ isTrusted: true });
  else for (const s of signs) {
    addEventListener(s, sign, { capture: true, passive: true });
    tools.root.addEventListener(s, sign, { passive: true });
  }
}

async function use({ anew, drawState, json, log, make, memory, save, say, texts }, call, why) {
  const { code } = chat;
  let wait = 2; // seconds until the next try
  save(() => {}); // another tab may have used it meanwhile
  if (memory().token && memory().conversation) chat.code = ""; // who has a conversation in this browser keeps it
  while (chat.code) {
    let answer = {}, done = false;
    try {
      const response = await fetch(call("return"), { method: "POST", body: json({ code }), credentials: "omit" }); // text/plain: no preflight
      answer = await response.json();
      wait = +response.headers.get("Retry-After") || wait;
      done = response.status < 500 && response.status !== 429;
    } catch { /* not reached: trying goes on */ }
    if (done) chat.code = "";
    else {
      say(why(answer) || texts.offline);
      drawState();
      await new Promise((go) => setTimeout(go, wait * (1000 + 500 * Math.random())));
      wait = Math.min(2 * wait, 60);
    }
    if (answer.token) {
      save((m) => { m.token = answer.token; m.era = String(Math.random()); }); // for the other tabs: there is another visitor
      anew();
    } else if (done) {
      const said = make("p", "system", why(answer));
      log.insertBefore(said, log.querySelector(".talk"));
    }
  }
}
