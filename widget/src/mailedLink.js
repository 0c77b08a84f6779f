// Redeems the one-time code of a mailed link. It is sent only after a person has done something on the page: programs that open the links in
// mails, and even run the scripts there, must not use it up. Until then the panel does not connect.
const chat = window.parleyChat;
// Events that show that a person is there. Not "scroll": it is trusted even where a script has scrolled.
const personEvents = ["pointermove", "pointerdown", "pointerup", "touchstart", "wheel", "keydown", "click"];
let started = false;

export default function resumeByLink(context) {
  if (started) return;
  started = true;
  const [found, fragment] = /^#(?:(.*)[?&])?parley=[\w-]+$/.exec(location.hash) || [];
  if (fragment) location.replace("#" + fragment); // the page's own fragment, about which its scripts get an event
  else if (found) history.replaceState(history.state, "", location.href.split("#")[0]);
  let pending = true;
  const onPersonEvent = (e) => {
    // Events in the panel are copies (see the launcher's guard), which are not trusted; userActivation tells whether a person caused them.
    if (!e.isTrusted && !navigator.userActivation?.isActive || context.panelElement.hidden || !pending) return;
    pending = false;
    for (const s of personEvents) { removeEventListener(s, onPersonEvent, true); context.root.removeEventListener(s, onPersonEvent); }
    redeem(context).then(context.connect);
  };
  // An action before this was loaded counts, too, such as opening the panel.
  if (navigator.userActivation?.hasBeenActive) onPersonEvent({ isTrusted: true });
  else for (const s of personEvents) {
    addEventListener(s, onPersonEvent, { capture: true, passive: true });
    context.root.addEventListener(s, onPersonEvent, { passive: true });
  }
}

async function redeem({ endpoint, refusalText, restart, stringify, log, element, stored, update, showNotice, texts }) {
  const { code } = chat;
  let wait = 2; // seconds until the next try
  update(() => {}); // reads the storage again: another tab may have redeemed the code
  if (stored().token && stored().conversation) chat.code = ""; // a visitor with a conversation in this browser continues it
  while (chat.code) {
    let answer = {}, done = false;
    try {
      const response = await fetch(endpoint("return"), { method: "POST", body: stringify({ code }), credentials: "omit" }); // text/plain: no preflight
      answer = await response.json();
      wait = +response.headers.get("Retry-After") || wait;
      done = response.status < 500 && response.status !== 429;
    } catch { /* not reached: trying goes on */ }
    if (done) chat.code = "";
    else {
      showNotice(refusalText(answer) || texts.offline);
      await new Promise((go) => setTimeout(go, wait * (1000 + 500 * Math.random())));
      wait = Math.min(2 * wait, 60);
    }
    if (answer.token) {
      update((m) => { m.token = answer.token; m.era = String(Math.random()); }); // the era tells other tabs that there is another visitor
      restart();
    } else if (done) {
      const message = element("p", "system", refusalText(answer));
      log.insertBefore(message, log.querySelector(".talk"));
    }
  }
}
