// Uploads a file, at once or as soon as there is a connection, and shows its progress in the conversation.
import more from "./texts/more.js";

export default function uploadFile({ actionButton, messageStored, pageAddress, setAria, endpoint, chosenSubject, conversation, drawMessage, renderState, fillIn, isWelcomed, input, element, stored, newID, whenConnected, isRunning, locale, state, texts: words, website, refusalText }, file, name) {
  const texts = { ...more, ...words };
  const m = { id: newID(), kind: "file", author: "visitor", text: name }, e = drawMessage(m, true), note = element("small", "progress"), maxBytes = website.files.most;
  const live = (how) => note.setAttribute("aria-live", how), number = (n, style) => new Intl.NumberFormat(locale, style).format(n);
  const remove = () => { e.remove(); input.focus(); };
  const showFailure = (why, retry) => {
    live("polite");
    note.replaceChildren(texts.failed + (why ? ": " + why : ""), " ", ...(retry ? [actionButton("link", texts.retry, retry), " "] : []), setAria(actionButton("link", "×", remove), texts.cancel));
  };
  e.querySelector("small").replaceWith(note);
  if (file.size > maxBytes) return showFailure(fillIn(texts.large, { name, size: number(maxBytes / 1048576, { style: "unit", unit: "megabyte" }) }));
  let x, wait = 2; // seconds
  const retryWhen = (when) => { const was = x; when(() => was === x && start()); }; // unless another attempt was made meanwhile
  const retryAfterDelay = () => retryWhen((f) => setTimeout(f, (+x.getResponseHeader("Retry-After") || (wait = Math.min(2 * wait, 60))) * (1000 + 500 * Math.random())));
  const start = () => {
    if (!e.isConnected) return; // canceled, or the visitor has changed
    const text = element("span", "", texts.sending), { token } = stored();
    live("off"); // percentages are not announced
    note.replaceChildren(text, " ", actionButton("link", texts.cancel, () => { x?.abort(); remove(); }));
    if (!isWelcomed() || !token) return retryWhen((f) => whenConnected.push(f));
    x = new XMLHttpRequest();
    x.responseType = "json";
    x.open("POST", endpoint("files") + "&" + new URLSearchParams({ id: m.id, name, ...(isRunning() && { conversation: conversation() }), ...(chosenSubject() && { subject: chosenSubject() }), ...(!state() && { page: pageAddress(), title: document.title }) }));
    x.setRequestHeader("Authorization", "Bearer " + token);
    x.upload.onprogress = (p) => { if (p.lengthComputable) text.textContent = number(p.loaded / p.total, { style: "percent" }); };
    x.onload = () => {
      if (!e.isConnected) return;
      const a = x.response || {};
      if (x.status === 200) {
        messageStored(a.conversation, { ...m, ...a }, a.seq);
        renderState();
      } else if (/429|50[234]/.test(x.status)) { // a temporary failure
        text.textContent = refusalText(a) || texts.sending;
        retryAfterDelay();
      } else showFailure(refusalText(a), x.status > 428 && start);
    };
    x.onerror = () => { showFailure("", start); retryAfterDelay(); };
    x.send(file);
  };
  start();
}
