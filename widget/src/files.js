// Files: chosen, dropped, pasted, or a picture of the page. Each is sent at once and shows how far it is.
import { box, form, input } from "./box.js";
import { call, speaks, texts, website, why } from "./given.js";
import { act, aria, fill, icon, make, newID } from "./make.js";
import { memory } from "./memory.js";
import { acknowledged, chosen, conversation, drawState, ready, running, state, tools } from "./talk.js";
import { draw } from "./thread.js";
import { greeted } from "./wire.js";

export default function files() {
  const rules = website.files, chooser = make("input"), clip = aria(act("attach", icon("M16.5 6v11a4.5 4.5 0 0 1-9 0V5a3 3 0 0 1 6 0v10.5a1.5 1.5 0 0 1-3 0V6H9v9.5a3 3 0 0 0 6 0V5a4.5 4.5 0 0 0-9 0v12a6 6 0 0 0 12 0V6z"), () => chooser.click()), texts.attach);
  chooser.type = "file";
  chooser.multiple = chooser.hidden = true;
  chooser.accept = rules.accept;
  form.prepend(clip, chooser);
  chooser.onchange = () => { put(chooser.files); chooser.value = ""; };

  const put = (list) => { for (const f of list) add(f, f.name || "picture.png"); };

  function add(file, name) {
    const m = { id: newID(), kind: "file", author: "visitor", text: name }, e = draw(m, true), note = make("small", "progress"); // percents are not read out
    const leave = () => { e.remove(); input.focus(); };
    const end = (why, again) => aria(note, "", "status").replaceChildren(texts.failed + (why ? ": " + why : ""), " ", ...(again ? [act("link", texts.retry, again), " "] : []), aria(act("link", "×", leave), texts.cancel));
    const number = (n, style) => new Intl.NumberFormat(speaks, style).format(n);
    e.querySelector("small").replaceWith(note);
    if (file.size > rules.most) return end(fill(texts.large, { name, size: number(rules.most / 1048576, { style: "unit", unit: "megabyte" }) }));
    let x, wait = 2;
    const later = (when) => { const was = x; when(() => was === x && again()); }; // unless it has been tried since
    const pause = (x) => later((f) => setTimeout(f, (+x.getResponseHeader("Retry-After") || (wait = Math.min(2 * wait, 60))) * (1000 + 500 * Math.random())));
    const again = () => {
      if (!e.isConnected) return; // canceled, or another visitor's
      const text = make("span", "", texts.sending);
      note.replaceChildren(text, " ", act("link", texts.cancel, () => { x?.abort(); leave(); }));
      if (!greeted || !memory.token) return later((f) => ready.push(f));
      x = new XMLHttpRequest();
      x.responseType = "json";
      x.open("POST", call("files") + "&" + new URLSearchParams({ id: m.id, name, ...(running() && { conversation }), ...(chosen() && { subject: chosen() }), ...(!state && { page: location.href, title: document.title }) }));
      x.setRequestHeader("Authorization", "Bearer " + memory.token);
      x.upload.onprogress = (p) => { if (p.lengthComputable) text.textContent = number(p.loaded / p.total, { style: "percent" }); };
      x.onload = () => {
        if (!e.isConnected) return;
        const a = x.response || {};
        if (x.status === 200) {
          acknowledged(a.conversation, { ...m, ...a }, a.seq);
          drawState();
        } else if (/429|50[234]/.test(x.status)) { // it passes
          text.textContent = why(a) || texts.sending;
          pause(x);
        } else end(why(a), x.status > 428 && again);
      };
      x.onerror = () => {
        end("", again);
        pause(x);
      };
      x.send(file);
    };
    again();
  }

  input.addEventListener("paste", (e) => {
    const data = e.clipboardData, list = Array.from(data?.files || []), text = list[0] && data.getData("text").trim();
    if (text && !list.some((f) => text.endsWith(f.name))) import("./offer.js").then((m) => m.default(tools(), () => put(list))); // the name is all that the text of a copied file says
    else if (list[0]) { e.preventDefault(); put(list); }
  });
  const over = (on) => box.classList.toggle("dropping", on);
  box.dataset.drop = texts.drop;
  box.ondragover = (e) => { if (e.dataTransfer.types.includes("Files")) { e.preventDefault(); over(true); } };
  box.ondragleave = (e) => { if (!box.contains(e.relatedTarget)) over(false); };
  box.ondrop = (e) => { if (e.dataTransfer.files.length) { e.preventDefault(); over(false); put(e.dataTransfer.files); } };

  if (rules.shots) import("./shots.js").then((m) => m.default(tools(), clip, add));
}
