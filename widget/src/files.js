// Files: chosen, dropped, pasted, or a picture of the page. Each is sent at once and shows how far it is.
import { act, fill, icon, make, newID, size } from "./make.js";

export default function files({ website, lang, texts, box, form, input, to, token, show, sent, host }) {
  const rules = website.files;
  if (!rules) return;
  const chooser = make("input");
  chooser.type = "file";
  chooser.multiple = true;
  chooser.accept = rules.accept;
  chooser.hidden = true;
  const clip = act("attach", icon("M16.5 6v11a4.5 4.5 0 0 1-9 0V5a3 3 0 0 1 6 0v10.5a1.5 1.5 0 0 1-3 0V6H9v9.5a3 3 0 0 0 6 0V5a4.5 4.5 0 0 0-9 0v12a6 6 0 0 0 12 0V6z"), () => chooser.click());
  clip.setAttribute("aria-label", texts.attach);
  clip.title = texts.attach;
  form.prepend(clip, chooser);
  chooser.addEventListener("change", () => { put(chooser.files); chooser.value = ""; });

  const put = (list) => { for (const f of list) add(f, f.name || "picture.png"); };

  function add(file, name) {
    const m = { id: newID(), kind: "file", author: "visitor", text: name };
    const e = show(m);
    const note = make("small", "progress");
    note.setAttribute("role", "status");
    e.querySelector("small").replaceWith(note);
    if (file.size > rules.most) return end(fill(texts.large, { name, size: size(rules.most, lang) }));
    let request;
    const again = () => {
      const stop = act("link", texts.cancel, () => { request.abort(); e.remove(); input.focus(); });
      const text = make("span", "", texts.sending);
      note.replaceChildren(text, " ", stop);
      request = new XMLHttpRequest();
      request.open("POST", to(m.id, name));
      request.setRequestHeader("Authorization", "Bearer " + token());
      request.upload.onprogress = (p) => { if (p.lengthComputable) text.textContent = new Intl.NumberFormat(lang, { style: "percent" }).format(p.loaded / p.total); };
      request.onload = () => {
        let a = {};
        try { a = JSON.parse(request.responseText); } catch { /* no words */ }
        if (request.status === 200) sent(a, { ...m, text: a.text, seq: a.seq, at: a.at, file: a.file });
        else if (request.status === 429 || request.status >= 500) end(a.message, again);
        else end(a.message);
      };
      request.onerror = () => end("", again);
      request.send(file);
    };
    again();

    function end(why, retry) {
      note.replaceChildren(texts.failed + (why ? ": " + why : ""), " ", ...(retry ? [act("link", texts.retry, retry), " "] : []), act("link", "×", () => { e.remove(); input.focus(); }));
      note.lastChild.setAttribute("aria-label", texts.cancel);
    }
  }

  input.addEventListener("paste", (e) => {
    const list = e.clipboardData && e.clipboardData.files;
    if (list && list.length) { e.preventDefault(); put(list); }
  });
  const over = (on) => box.classList.toggle("dropping", on);
  box.dataset.drop = texts.drop;
  box.addEventListener("dragover", (e) => { if (Array.from(e.dataTransfer.types).includes("Files")) { e.preventDefault(); over(true); } });
  box.addEventListener("dragleave", (e) => { if (!box.contains(e.relatedTarget)) over(false); });
  box.addEventListener("drop", (e) => { if (e.dataTransfer.files.length) { e.preventDefault(); over(false); put(e.dataTransfer.files); } });

  if (rules.shots) import("./shots.js").then((m) => m.default({ act, icon, make }, { host, box, texts, clip, input, add }));
}
