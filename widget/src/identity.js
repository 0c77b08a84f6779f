// Another visitor from now on, as the site says (parley("identify", signed)); or none any more: then nothing of the former stays.
export default function identify({ anew, box, compose, memory, save, stored }) {
  const chat = window.parleyChat, signed = chat.identity, before = memory();
  chat.settle = (refused) => { // the server has taken it, once, or refuses it
    if (!chat.identity) return;
    if (refused) console.error("Parley: " + refused);
    else save((m) => { m.signed = chat.identity.slice(-20); });
    chat.identity = "";
  };
  if (signed && before.signed === signed.slice(-20)) { // it is known already
    chat.identity = "";
    return;
  }
  let of; // the site's own id of the visitor; who has signed it is the server's to check
  try { of = JSON.parse(atob(signed.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub; } catch { /* none, or no token: the server says so */ }
  if (!signed || before.of && before.of !== of) {
    save((m) => { for (const k of Object.keys(m)) delete m[k]; m.out = []; m.era = String(Math.random()); });
    if (!signed) chat.data = {};
    for (const form of box.querySelectorAll("form")) form.reset();
    compose("");
    try { for (const k of Object.keys(sessionStorage)) if (k.startsWith(stored + ".")) sessionStorage.removeItem(k); } catch { /* storage is off */ }
  }
  if (signed) save((m) => { m.of = of; });
  anew();
}
