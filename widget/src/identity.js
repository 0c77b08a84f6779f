// Switches to the visitor whom the site has signed, by parley("identify", token), or to an unknown one. Nothing of another visitor stays.
export default function applyIdentity({ restart, panelElement, setDraft, stored, update, storagePrefix }) {
  const chat = window.parleyChat, token = chat.identity, before = stored();
  chat.onIdentified = (refused) => { // the server has accepted the token, which works once, or refuses it
    if (!chat.identity) return;
    if (refused) console.error("Parley: " + refused);
    else update((m) => { m.signed = chat.identity.slice(-20); });
    chat.identity = "";
  };
  if (token && before.signed === token.slice(-20)) { // accepted before
    chat.identity = "";
    return;
  }
  let subject; // the site's own id of the visitor; the server checks the signature
  try { subject = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub; } catch { /* no token, or not a valid one: the server says so */ }
  if (!token || before.of && before.of !== subject) {
    update((m) => { for (const k of Object.keys(m)) delete m[k]; m.out = []; m.era = String(Math.random()); });
    if (!token) chat.data = {};
    for (const form of panelElement.querySelectorAll("form")) form.reset();
    setDraft("");
    try { for (const k of Object.keys(sessionStorage)) if (k.startsWith(storagePrefix + ".")) sessionStorage.removeItem(k); } catch { /* storage is off */ }
  }
  if (token) update((m) => { m.of = subject; });
  restart();
}
