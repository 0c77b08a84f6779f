// The panel: what the person does.
import { box, close, form, furnish, input, menu } from "./box.js";
import { compose, plain, tooLong } from "./compose.js";
import files from "./files.js";
import { button, chat, root, stored, take, website } from "./given.js";
import { keepEnd } from "./log.js";
import { composing, newID } from "./make.js";
import { draft, load, tab } from "./memory.js";
import { askSubject, begin, chosen, conversation, drawState, openMenu, read, changedElsewhere, running, state, told, tools } from "./talk.js";
import { draw } from "./thread.js";
import { again, connect, drop, greeted, look, post, put } from "./wire.js";

let entered = false; // Enter sends; some keyboards insert its line break all the same
let typing, typedAt = 0;

function submit() {
  const text = plain(input.value);
  if (!text || form.hidden || tooLong(input, 4000, true)) return;
  const m = { id: newID(), text, conversation: running() ? conversation : undefined, subject: chosen() };
  if (!running()) chat.tell("started");
  compose("");
  draw({ ...m, kind: "text", author: "visitor" }, true);
  post(m);
}

function show(open) {
  box.hidden = !open;
  button.setAttribute("aria-expanded", open);
  root.host.classList.toggle("open", open);
  tab(stored, open ? "open" : "");
}

const api = {
  listen: connect,
  open(focus = true) {
    show(true);
    compose();
    chat.tell("opening");
    read();
    connect();
    told();
    askSubject().then(drawState);
    drawState();
    keepEnd(() => 0, true);
    if (focus) (form.hidden ? box.querySelector(".before input, .before select") || close : input).focus();
    chat.tell("open");
  },
  close() {
    show(false);
    button.focus();
    chat.tell("close");
  },
  async start({ group, text }) {
    const subject = await askSubject();
    if (group) subject?.wish(group);
    compose(input.value || text || "");
    api.open();
  },
  toggle() { box.hidden ? api.open() : api.close(); },
};

export default async function panel(given) {
  await take(given);
  load();
  furnish(api.close);
  compose(draft("") || "");
  begin();
  if (website.files) files();

  form.onsubmit = (e) => { e.preventDefault(); submit(); };
  input.addEventListener("keydown", (e) => {
    entered = e.key === "Enter" && !e.shiftKey && !composing(e);
    if (entered) { e.preventDefault(); submit(); }
  });
  input.addEventListener("beforeinput", (e) => { if (entered && e.inputType === "insertLineBreak") e.preventDefault(); });
  input.addEventListener("input", () => {
    compose();
    if (state !== "open" || Date.now() - typedAt < 1000) return;
    typedAt = Date.now();
    setTimeout(() => put({ type: "typing", text: website.typing_preview ? input.value.slice(-500) : undefined }), 400);
  });
  box.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || composing(e)) return;
    e.preventDefault(); // a dialog of the page's stays open
    if (menu.open) { menu.open = false; menu.firstChild.focus(); } else api.close();
  });
  menu.addEventListener("toggle", openMenu);
  addEventListener("online", again);
  addEventListener("offline", drop);
  addEventListener("pagehide", drop); // a page with a connection is not stored for the way back
  addEventListener("pageshow", (e) => { if (e.persisted) again(); });
  addEventListener("storage", (e) => { if (e.key === stored) changedElsewhere(); }); // another tab's unsent messages are sent by that tab; ours stay ours
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    read();
    look();
    if (!greeted) again();
  });

  chat.placed = () => import("./placed.js").then((m) => m.default(tools(), typing));
  input.onfocus = () => { typing = true; };
  input.onblur = (e) => { typing = !e.relatedTarget; };
  chat.identified = async () => (await import("./identity.js")).default(tools());
  chat.told = () => told();
  if (chat.identity) await chat.identified();
  return api;
}
