// A file on its way: it is sent at once, or as soon as that is possible, and shows how far it is.
import more from "./texts/more.js";

export default function upload({ act, acknowledged, address, aria, call, chosen, conversation, draw, drawState, fill, greeted, input, make, memory, newID, ready, running, speaks, state, texts: words, website, why }, file, name) {
  const texts = { ...more, ...words };
  const m = { id: newID(), kind: "file", author: "visitor", text: name }, e = draw(m, true), note = make("small", "progress"), most = website.files.most;
  const live = (how) => note.setAttribute("aria-live", how), number = (n, style) => new Intl.NumberFormat(speaks, style).format(n);
  const leave = () => { e.remove(); input.focus(); };
  const end = (why, again) => {
    live("polite");
    note.replaceChildren(texts.failed + (why ? ": " + why : ""), " ", ...(again ? [act("link", texts.retry, again), " "] : []), aria(act("link", "×", leave), texts.cancel));
  };
  e.querySelector("small").replaceWith(note);
  if (file.size > most) return end(fill(texts.large, { name, size: number(most / 1048576, { style: "unit", unit: "megabyte" }) }));
  let x, wait = 2; // seconds
  const later = (when) => { const was = x; when(() => was === x && again()); }; // unless it has been tried since
  const pause = () => later((f) => setTimeout(f, (+x.getResponseHeader("Retry-After") || (wait = Math.min(2 * wait, 60))) * (1000 + 500 * Math.random())));
  const again = () => {
    if (!e.isConnected) return; // canceled, or another visitor's
    const text = make("span", "", texts.sending), { token } = memory();
    live("off"); // percents are not read out
    note.replaceChildren(text, " ", act("link", texts.cancel, () => { x?.abort(); leave(); }));
    if (!greeted() || !token) return later((f) => ready.push(f));
    x = new XMLHttpRequest();
    x.responseType = "json";
    x.open("POST", call("files") + "&" + new URLSearchParams({ id: m.id, name, ...(running() && { conversation: conversation() }), ...(chosen() && { subject: chosen() }), ...(!state() && { page: address(), title: document.title }) }));
    x.setRequestHeader("Authorization", "Bearer " + token);
    x.upload.onprogress = (p) => { if (p.lengthComputable) text.textContent = number(p.loaded / p.total, { style: "percent" }); };
    x.onload = () => {
      if (!e.isConnected) return;
      const a = x.response || {};
      if (x.status === 200) {
        acknowledged(a.conversation, { ...m, ...a }, a.seq);
        drawState();
      } else if (/429|50[234]/.test(x.status)) { // it passes
        text.textContent = why(a) || texts.sending;
        pause();
      } else end(why(a), x.status > 428 && again);
    };
    x.onerror = () => { end("", again); pause(); };
    x.send(file);
  };
  again();
}
