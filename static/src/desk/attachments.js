// Files that are chosen, dropped, pasted, or part of a snippet. They are staged beside the text until it is sent, and are uploaded after it.
import { composer, conversationURL, element, isolate, textArea, uuid } from "./dom.js";
import { user, whenLoggedIn } from "./session.js";

const maxBytes = 25 << 20;

function stagedList(form) {
  let box = form.querySelector(".staged");
  if (!box) {
    box = element("ul", { class: "staged", "aria-label": "Files to send" });
    form.insertBefore(box, form.querySelector("label.sr"));
  }
  return box;
}

// Stages items, which are Files or {snippet, name}.
export function stage(pane, items) {
  const form = composer(pane);
  if (!form) return; // not loaded yet
  form.staged ||= [];
  for (const source of items) {
    const item = { id: uuid(), source };
    const removeButton = element("button", { type: "button", class: "quiet", "aria-label": "Remove " + isolate(source.name) }, "×");
    const note = element("small", { role: "status" });
    item.row = element("li", {}, element("span", {}, element("bdi", {}, isolate(source.name))), note, removeButton);
    item.say = (text) => { note.textContent = text; };
    removeButton.addEventListener("click", () => {
      item.request?.abort();
      form.staged = form.staged.filter((x) => x !== item);
      form.going = (form.going || []).filter((x) => x !== item);
      item.row.remove();
      textArea(form).focus();
    });
    if (source.size > maxBytes) item.say("Larger than 25 MB. Choose a smaller file.");
    else form.staged.push(item);
    stagedList(form).append(item.row);
  }
}

// Queues the staged files for upload, which starts once the texts before them are stored. Reports whether there were any.
export function sendStaged(form) {
  if (!form.staged?.length) return false;
  form.going = [...(form.going || []), ...form.staged];
  form.staged = [];
  return true;
}

export async function upload(form) {
  const item = form.going?.[0];
  if (!item || form.uploading || !form.isConnected) return;
  form.uploading = true;
  const { status, text } = await postFile(conversationURL(form.closest(".pane")) + "/files?id=" + item.id, item);
  form.uploading = false;
  if (status >= 200 && status < 300) {
    form.going.shift();
    item.row.remove();
  } else if (status === 401) {
    item.say("Not sent yet. It will be sent when you log in again.");
    whenLoggedIn().then(() => setTimeout(upload, 1000, form));
    return;
  } else if (status >= 400 && status < 500 && status !== 429) {
    form.going.shift();
    let message = "";
    try { message = JSON.parse(text).message; } catch { /* no words */ }
    item.say(message || "Not sent");
  } else if (item.row.isConnected) {
    item.say("Not sent yet. Trying again…");
    setTimeout(() => upload(form), 3000);
    return;
  }
  upload(form);
}

function postFile(to, item) {
  return new Promise((resolve) => {
    const r = item.request = new XMLHttpRequest(), from = item.source.snippet;
    r.open("POST", to + (from ? "&snippet=" + from : "&name=" + encodeURIComponent(item.source.name)));
    r.setRequestHeader("Parley-User", user);
    r.upload.onprogress = (e) => { if (e.lengthComputable && e.total > 200000) item.say(Math.round(100 * e.loaded / e.total) + "%"); };
    r.onload = () => resolve({ status: r.status, text: r.responseText });
    r.onerror = () => resolve({ status: 0, text: "" });
    r.onabort = () => resolve({ status: 499, text: "" });
    r.send(from ? null : item.source);
  });
}

const chooser = element("input", { type: "file", multiple: true });
let chooserPane;
chooser.addEventListener("change", () => {
  if (chooserPane?.isConnected) { stage(chooserPane, [...chooser.files]); textArea(composer(chooserPane)).focus(); }
  chooser.value = "";
});
export function chooseFiles(pane) {
  chooserPane = pane;
  chooser.click();
}

// Offers to attach the picture that came with a pasted text: many programs copy a picture of the text along, which few want to send.
export function offerPicture(pane, files) {
  const form = composer(pane), many = files.length > 1;
  const what = files.every((f) => f.type.startsWith("image/")) ? (many ? "images" : "image") : many ? "files" : "file";
  form.querySelector(".brought")?.remove();
  const removeBox = () => { box.remove(); textArea(form).focus(); };
  const yes = element("button", { type: "button", class: "quiet" }, "Attach the " + what);
  const no = element("button", { type: "button", class: "quiet", "aria-label": "Don’t attach the " + what }, "×");
  yes.addEventListener("click", () => {
    stage(pane, files.map((f) => (f.name ? f : new File([f], "picture.png", { type: f.type }))));
    removeBox();
  });
  no.addEventListener("click", removeBox);
  const box = element("p", { class: "brought" }, element("span", { role: "status" }, "You also pasted " + (many ? what : (what === "image" ? "an " : "a ") + what) + "."), " ", yes, no);
  form.insertBefore(box, form.querySelector("label.sr"));
}
