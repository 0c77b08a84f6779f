// The ways to send a file: choose, drop, paste, or take a picture of the page.
import { form, input, panelElement } from "./elements.js";
import { texts, website } from "./config.js";
import { actionButton, element, icon, setAria } from "./dom.js";
import { showNotice } from "./connection.js";
import { context } from "./context.js";
import { whenConnected } from "./conversation.js";

export default function addFileInput() {
  const rules = website.files, chooser = element("input"), attachButton = setAria(actionButton("attach", icon("M16.5 6v11a4.5 4.5 0 0 1-9 0V5a3 3 0 0 1 6 0v10.5a1.5 1.5 0 0 1-3 0V6H9v9.5a3 3 0 0 0 6 0V5a4.5 4.5 0 0 0-9 0v12a6 6 0 0 0 12 0V6z"), () => chooser.click()), texts.attach);
  chooser.type = "file";
  chooser.multiple = chooser.hidden = true;
  chooser.accept = rules.accept;
  form.prepend(attachButton, chooser);
  chooser.onchange = () => { addFiles(chooser.files); chooser.value = ""; };

  const addFiles = (list) => { for (const f of list) addFile(f, f.name || "picture.png"); };

  let loading; // one promise, so that files are sent in the order in which they were added
  const load = () => (loading ||= import("./upload.js").catch((e) => { loading = 0; throw e; }));
  const addFile = (file, name) => load().then((m) => m.default(context, file, name),
    () => { whenConnected.push(() => addFile(file, name)); showNotice(texts.offline); });
  whenConnected.push(() => load().catch(() => 0)); // loaded ahead, because files may be added without a connection

  input.addEventListener("paste", (e) => {
    const data = e.clipboardData, list = Array.from(data?.files || []), text = list[0] && data.getData("text").trim();
    if (text && !list.some((f) => text.endsWith(f.name))) import("./pastedPicture.js").then((m) => m.default(context, () => addFiles(list)), () => 0); // the text of a copied file is only its name
    else if (list[0]) { e.preventDefault(); addFiles(list); }
  });
  const highlight = (on) => panelElement.classList.toggle("dropping", on);
  panelElement.dataset.drop = texts.drop;
  panelElement.ondragover = (e) => { if (e.dataTransfer.types.includes("Files")) { e.preventDefault(); highlight(true); } };
  panelElement.ondragleave = (e) => { if (!panelElement.contains(e.relatedTarget)) highlight(false); };
  panelElement.ondrop = (e) => { if (e.dataTransfer.files.length) { e.preventDefault(); highlight(false); addFiles(e.dataTransfer.files); } };

  if (rules.shots) import("./screenshotButton.js").then((m) => m.default(context, attachButton, addFile));
}
