// Files: chosen, dropped or pasted, or brought along by a snippet. They wait beside the text until it is sent, and go after it.
import { area, composer, isolate, make, talk, uuid } from "./dom.js";
import { refused, user } from "./session.js";

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
  } else if (status === 401) {
    item.say("not sent yet; it is sent when you have logged in again");
    refused().then(() => setTimeout(upload, 1000, form));
    return;
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
    r.setRequestHeader("Parley-User", user);
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

// The picture of a text that was pasted: it comes along only if the agent wants it.
export function offer(pane, files) {
  const form = composer(pane), many = files.length > 1;
  const what = files.every((f) => f.type.startsWith("image/")) ? (many ? "pictures" : "picture") : many ? "files" : "file";
  form.querySelector(".brought")?.remove();
  const gone = () => { box.remove(); area(form).focus(); };
  const yes = make("button", { type: "button", class: "quiet" }, "Attach the " + what + " too");
  const no = make("button", { type: "button", class: "quiet", "aria-label": "Leave the " + what + " out" }, "×");
  yes.addEventListener("click", () => {
    stage(pane, files.map((f) => (f.name ? f : new File([f], "picture.png", { type: f.type }))));
    gone();
  });
  no.addEventListener("click", gone);
  const box = make("p", { class: "brought" }, make("span", { role: "status" }, "The text came with " + (many ? what : "a " + what) + "."), " ", yes, no);
  form.insertBefore(box, form.querySelector("label.sr"));
}
