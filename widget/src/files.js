// Files: chosen, dropped, pasted, or a picture of the page.
import { box, form, input } from "./box.js";
import { address, call, texts, website, why } from "./given.js";
import { act, aria, icon, make, newID } from "./make.js";
import { acknowledged, chosen, drawState, ready, running, state, tools } from "./talk.js";
import { draw } from "./thread.js";
import { greeted, say } from "./wire.js";

export default function files() {
  const rules = website.files, chooser = make("input"), clip = aria(act("attach", icon("M16.5 6v11a4.5 4.5 0 0 1-9 0V5a3 3 0 0 1 6 0v10.5a1.5 1.5 0 0 1-3 0V6H9v9.5a3 3 0 0 0 6 0V5a4.5 4.5 0 0 0-9 0v12a6 6 0 0 0 12 0V6z"), () => chooser.click()), texts.attach);
  chooser.type = "file";
  chooser.multiple = chooser.hidden = true;
  chooser.accept = rules.accept;
  form.prepend(clip, chooser);
  chooser.onchange = () => { put(chooser.files); chooser.value = ""; };

  const put = (list) => { for (const f of list) add(f, f.name || "picture.png"); };

  let loading; // one, so that files go in the order in which they were given
  const load = () => (loading ||= import("./upload.js").catch((e) => { loading = 0; throw e; }));
  const add = (file, name) => load().then((m) => m.default({ ...tools(), acknowledged, address, call, chosen, draw, greeted: () => greeted, newID, ready, running, state: () => state, why }, file, name),
    () => { ready.push(() => add(file, name)); say(texts.offline); drawState(); });
  ready.push(() => load().catch(() => 0)); // so that it is there when the connection is not

  input.addEventListener("paste", (e) => {
    const data = e.clipboardData, list = Array.from(data?.files || []), text = list[0] && data.getData("text").trim();
    if (text && !list.some((f) => text.endsWith(f.name))) import("./offer.js").then((m) => m.default(tools(), () => put(list)), () => 0); // the name is all that the text of a copied file says
    else if (list[0]) { e.preventDefault(); put(list); }
  });
  const over = (on) => box.classList.toggle("dropping", on);
  box.dataset.drop = texts.drop;
  box.ondragover = (e) => { if (e.dataTransfer.types.includes("Files")) { e.preventDefault(); over(true); } };
  box.ondragleave = (e) => { if (!box.contains(e.relatedTarget)) over(false); };
  box.ondrop = (e) => { if (e.dataTransfer.files.length) { e.preventDefault(); over(false); put(e.dataTransfer.files); } };

  if (rules.shots) import("./shots.js").then((m) => m.default(tools(), clip, add));
}
