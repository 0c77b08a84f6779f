// The panel: starts it, and handles what the visitor does.
import { buildPanel, closeButton, form, input, menu, panelElement } from "./elements.js";
import { checkLength, normalizeText, setDraft } from "./composer.js";
import addFileInput from "./fileInput.js";
import { context } from "./context.js";
import { chat, configure, launcherButton, root, storagePrefix, website } from "./config.js";
import { keepAtEnd } from "./messageLog.js";
import { isComposing, newID } from "./dom.js";
import { draft, load, tabItem } from "./storage.js";
import { chosenSubject, connect, conversation, fillContext, isRunning, loadSubjects, markRead, onStorageChange, openMenu, renderState, reportContext, resetConversation, state } from "./conversation.js";
import { drawMessage } from "./messages.js";
import { checkAlive, dropConnection, isWelcomed, queueMessage, reconnect, sendFrame } from "./connection.js";

let enterPressed = false; // Enter sends; some phone keyboards insert the line break all the same
let hadFocus, typingDue = 0; // typingDue: when the next typing frame is sent (ms), with what has been typed by then

function submit() {
  const text = normalizeText(input.value);
  if (!text || form.hidden || checkLength(input, 4000, true)) return;
  const m = { id: newID(), text, conversation: isRunning() && conversation, subject: chosenSubject() };
  if (!isRunning()) chat.emit("started");
  setDraft("");
  drawMessage({ ...m, kind: "text", author: "visitor" }, true);
  queueMessage(m);
}

function showPanel(open) {
  panelElement.hidden = !open;
  launcherButton.setAttribute("aria-expanded", open);
  root.host.classList.toggle("open", open);
  tabItem(storagePrefix, open ? "open" : "");
}

// What the launcher can ask of the panel.
const api = {
  listen: connect,
  open(focus = true) {
    showPanel(true);
    setDraft();
    chat.emit("opening");
    markRead();
    connect();
    reportContext();
    loadSubjects().then(renderState);
    renderState();
    keepAtEnd(() => 0, true);
    if (focus) (form.hidden ? panelElement.querySelector(".before input, .before select") || closeButton : input).focus();
    chat.emit("open");
  },
  close() {
    showPanel(false);
    launcherButton.focus();
    chat.emit("close");
  },
  async start({ group, text }) {
    const subject = await loadSubjects();
    if (group) subject?.choose(group);
    setDraft(input.value || text);
    api.open();
  },
  toggle() { panelElement.hidden ? api.open() : api.close(); },
};

export default async function startPanel(settings) {
  await configure(settings);
  fillContext();
  load();
  buildPanel(api.close);
  setDraft(draft(""));
  resetConversation();
  if (website.files) addFileInput();

  form.onsubmit = (e) => { e.preventDefault(); submit(); };
  input.addEventListener("keydown", (e) => {
    enterPressed = e.key === "Enter" && !e.shiftKey && !isComposing(e);
    if (enterPressed) { e.preventDefault(); submit(); }
  });
  input.addEventListener("beforeinput", (e) => { if (enterPressed && e.inputType === "insertLineBreak") e.preventDefault(); });
  input.addEventListener("input", () => {
    setDraft();
    const wait = typingDue - Date.now();
    if (state !== "open" || wait > 0) return; // a frame that is still to be sent takes this text along
    typingDue += Math.max(1000, 400 - wait);
    setTimeout(() => input.value && sendFrame({ type: "typing", text: website.typing_preview ? input.value.slice(-500) : undefined }), typingDue - Date.now());
  });
  panelElement.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || isComposing(e)) return;
    e.preventDefault(); // a dialog of the page must stay open
    if (menu.open) { menu.open = false; menu.firstChild.focus(); } else api.close();
  });
  menu.addEventListener("toggle", openMenu);
  addEventListener("online", reconnect);
  addEventListener("offline", dropConnection);
  addEventListener("pagehide", dropConnection); // browsers do not put a page with a connection into the back-forward cache
  addEventListener("pageshow", (e) => { if (e.persisted) reconnect(); });
  addEventListener("storage", (e) => { if (e.key === storagePrefix) onStorageChange(); }); // each tab sends its own messages
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    markRead();
    checkAlive();
    if (!isWelcomed) reconnect();
  });

  chat.onAttached = () => import("./restoreView.js").then((m) => m.default(context, hadFocus));
  input.onfocus = () => { hadFocus = true; };
  input.onblur = (e) => { hadFocus = !e.relatedTarget; };
  chat.onIdentity = async () => (await import("./identity.js")).default(context);
  chat.onData = reportContext;
  if (chat.identity) await chat.onIdentity();
  return api;
}
