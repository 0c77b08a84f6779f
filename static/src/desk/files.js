// Files: chosen, dropped or pasted, or brought along by a snippet. They wait beside the text until it is sent, and go after it.
import { all, area, composer, isolate, make, panes, talk, uuid } from "./dom.js";

const most = 25 << 20;

function list(form) {
  let box = form.querySelector(".staged");
  if (!box) {
    box = make("ul", { class: "staged", "aria-label": "Files to send" });
    form.insertBefore(box, form.querySelector("label.sr"));
  }
  return box;
}

// things are Files, or {snippet, name}.
export function stage(pane, things) {
  const form = composer(pane);
  if (!form) return; // not loaded yet
  form.staged ||= [];
  for (const what of things) {
    const item = { id: uuid(), what };
    const drop = make("button", { type: "button", class: "quiet", "aria-label": "Do not send " + isolate(what.name) }, "×");
    const note = make("small", { role: "status" });
    item.row = make("li", {}, make("span", {}, make("bdi", {}, isolate(what.name))), note, drop);
    item.say = (text) => { note.textContent = text; };
    drop.addEventListener("click", () => {
      item.request?.abort();
      form.staged = form.staged.filter((x) => x !== item);
      form.going = (form.going || []).filter((x) => x !== item);
      item.row.remove();
      area(form).focus();
    });
    if (what.size > most) item.say("is larger than 25 MB and cannot be sent");
    else form.staged.push(item);
    list(form).append(item.row);
  }
}

// What is staged goes as soon as the texts before it are kept.
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
  const { status, text } = await post(talk(form.closest(".pane")) + "/files?id=" + item.id, item);
  form.uploading = false;
  if (status >= 200 && status < 300) {
    form.going.shift();
    item.row.remove();
  } else if (status >= 400 && status < 500 && status !== 429) {
    form.going.shift();
    let message = "";
    try { message = JSON.parse(text).message; } catch { /* no words */ }
    item.say(message || "was not sent");
  } else if (item.row.isConnected) {
    item.say("not sent yet; it is tried again by itself");
    setTimeout(() => upload(form), 3000);
    return;
  }
  upload(form);
}

function post(to, item) {
  return new Promise((done) => {
    const r = item.request = new XMLHttpRequest(), from = item.what.snippet;
    r.open("POST", to + (from ? "&snippet=" + from : "&name=" + encodeURIComponent(item.what.name)));
    r.upload.onprogress = (e) => { if (e.lengthComputable && e.total > 200000) item.say(Math.round(100 * e.loaded / e.total) + " %"); };
    r.onload = () => done({ status: r.status, text: r.responseText });
    r.onerror = () => done({ status: 0, text: "" });
    r.onabort = () => done({ status: 499, text: "" });
    r.send(from ? null : item.what);
  });
}

const chooser = make("input", { type: "file", multiple: true });
let chosenFor;
chooser.addEventListener("change", () => {
  if (chosenFor?.isConnected) { stage(chosenFor, [...chooser.files]); area(composer(chosenFor)).focus(); }
  chooser.value = "";
});
export function choose(pane) {
  chosenFor = pane;
  chooser.click();
}

panes.addEventListener("paste", (e) => {
  const files = [...(e.clipboardData?.files || [])], pane = e.target.closest?.(".pane");
  if (!files.length || !pane) return;
  e.preventDefault();
  stage(pane, files.map((f) => (f.name ? f : new File([f], "picture.png", { type: f.type }))));
});
panes.addEventListener("dragover", (e) => {
  const pane = e.target.closest(".pane");
  if (!pane || ![...e.dataTransfer.types].includes("Files")) return;
  e.preventDefault();
  for (const p of all(".dropping", panes)) if (p !== pane) p.classList.remove("dropping");
  pane.classList.add("dropping");
});
panes.addEventListener("dragleave", (e) => { if (!e.relatedTarget?.closest?.(".dropping")) for (const p of all(".dropping", panes)) p.classList.remove("dropping"); });
panes.addEventListener("drop", (e) => {
  const pane = e.target.closest(".pane");
  if (!pane || !e.dataTransfer.files.length) return;
  e.preventDefault();
  pane.classList.remove("dropping");
  stage(pane, [...e.dataTransfer.files]);
  if (composer(pane)) area(composer(pane)).focus();
});
