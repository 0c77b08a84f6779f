// The present conversation: its state, and what the frames from the server do to it.
import { agentPicture, contactForm, form, input, menu, menuItems, notice, panelElement, preChat, privacyText, ratingForm, statusLine, subjectChoice, typingNote } from "./elements.js";
import { badge, base, chat, endpoint, greeting, lang, launcherButton, locale, pageAddress, refusalText, root, storagePrefix, texts, website } from "./config.js";
import { checkLength, normalizeText, setDraft } from "./composer.js";
import { keepAtEnd, log } from "./messageLog.js";
import { context } from "./context.js";
import { actionButton, element, fillIn, icon, newID, setAria } from "./dom.js";
import { draft, load, stored, stringify, update } from "./storage.js";
import { beginSection, clearMessages, drawMessage, earlierSection, messageElements, refreshDates, showReceipt } from "./messages.js";
import { dropConnection, failedAttempts, flushOutbox, isStopped, isWelcomed, noticeText, onWelcome, openSocket, pendingMessage, reconnect, recover, removePending, sendFrame, showNotice } from "./connection.js";

export let conversation = null, state = "", lastSeq = 0; // lastSeq: everything up to this number is shown
let agentName = "", unread = 0, unseenReply = 0, questionsPending, queuePosition, typingTimer, updateMenu, subject, sendContext, visitorEra, ratingFor; // unseenReply: number of the agent's newest unseen message; visitorEra changes with the visitor
export const whenConnected = []; // functions to call at the next welcome
const requests = new Map(); // frame id to [frame, callback]

export const isRunning = () => !!state && state !== "closed";
export const chosenSubject = () => subject?.chosen();

// Fills the context, once the settings are there.
export const fillContext = () => Object.assign(context, {
  actionButton, checkLength, connect, contactForm, draft, drawMessage, element, endpoint, fillIn, icon, input, isRunning, keepAtEnd, lang, locale, log, menu, menuItems,
  messageStored, newID, normalizeText, pageAddress, panelElement, preChat, privacyText, ratingForm, receiveFrame, refusalText, renderState, request, restart, root,
  sendFrame, setAria, setDraft, showNotice, storagePrefix, stringify, subjectChoice, texts, update, website, whenConnected, chosenSubject,
  conversation: () => conversation, isWelcomed: () => isWelcomed, state: () => state, stored: () => stored,
  cursor: () => lastSeq && { conversation, after: lastSeq },
});

// Sends a frame that is answered, again if the connection is lost meanwhile. Calls then with "", or with the reason of a refusal.
export function request(frame, then) {
  frame = { conversation, id: newID(), ...frame };
  requests.set(frame.id, [frame, then]);
  sendFrame(frame);
}

// Shows the state of the conversation and of the connection.
export function renderState() {
  const closed = state === "closed", waiting = state === "waiting", words = isStopped ? texts.gone : noticeText || (isWelcomed || !failedAttempts ? "" : texts.offline);
  statusLine.textContent = isStopped ? "" : !isWelcomed ? texts.connecting : state === "open" ? fillIn(texts.here, { name: agentName }) : waiting ? queuePosition?.words || texts.waiting : greeting.status || "";
  const now = closed && website.rating && conversation;
  if (now && now !== ratingFor) import("./rating.js").then((m) => m.default(context), () => { ratingFor = 0; });
  ratingFor = now;
  agentPicture.hidden = state !== "open" || !agentPicture.src;
  updateMenu?.(state);
  menu.hidden = !state && !website.privacy;
  keepAtEnd(() => {
    ratingForm.hidden = !website.rating || !closed;
    preChat.hidden = !questionsPending || isRunning();
    form.hidden = isStopped || !preChat.hidden && preChat.childElementCount > 0;
    subjectChoice.hidden = isRunning() || form.hidden;
    contactForm.hidden = !(waiting && queuePosition?.nobody) || stored.left === conversation || !!stored.email;
  });
  if (notice.textContent !== words) notice.textContent = words; // read out once
  input.placeholder = closed ? texts.again : texts.write;
}

function renderUnread() {
  badge.hidden = !unread;
  badge.textContent = unread > 9 ? "9+" : unread;
  setAria(launcherButton, texts.open + (unread ? ", " + fillIn(texts.unread, { n: unread }) : ""));
  if (unread !== (chat.unread || 0)) chat.emit("unread", (chat.unread = unread));
  if (unread && document.hidden) import("./titleFlash.js").then((m) => m.default(texts.news));
}

const isHidden = () => panelElement.hidden || document.hidden;
// Marks everything as read if the visitor can see it. It is stored for all tabs, so that it is not unread again on the next page.
export function markRead() {
  refreshDates();
  if (!isHidden()) {
    unread = 0;
    if ((stored.read || 0) < lastSeq) update((m) => { m.read = lastSeq; });
    if (unseenReply && isWelcomed) { sendFrame({ type: "seen", conversation, seq: unseenReply }); unseenReply = 0; }
  }
  renderUnread();
}

// Another tab has changed the storage.
export function onStorageChange() {
  load();
  if (stored.era !== visitorEra || conversation && !stored.token) { // another visitor
    chat.data = {};
    setDraft("");
    restart();
  }
  if (stored.rated === conversation) ratingFor = 0; // shows the thanks
  renderState();
  if ((stored.read || 0) >= lastSeq) { unread = 0; renderUnread(); }
}

// Sends what agents see about the visit: pages, time zone, the site's data, answers of the pre-chat form. isNew: the conversation has just begun.
export async function reportContext(isNew) {
  sendContext ||= (await import("./visitorContext.js")).default(context);
  sendContext(isWelcomed && isRunning() && conversation, isNew);
}

// Loads the choice of a subject, where the website has one.
export async function loadSubjects() {
  if (website.subjects) subject ||= (await import("./subjects.js")).default(context);
  return subject;
}

// Shows the pre-chat form, once it is known that no conversation is running.
async function askQuestions() {
  if (questionsPending && !isRunning() && !preChat.childElementCount) (await import("./preChatForm.js")).default(context, () => { questionsPending = false; renderState(); });
}

// Loads the menu when it is first opened.
export async function openMenu() {
  if (menu.open && !updateMenu) {
    updateMenu = (await import("./menu.js")).default(context);
    renderState();
  }
}

// Shows no conversation, only messages that are not acknowledged yet.
export function resetConversation() {
  questionsPending = !!website.questions;
  conversation = queuePosition = null;
  state = agentName = typingNote.textContent = "";
  lastSeq = unread = 0;
  visitorEra = stored.era;
  requests.clear();
  clearMessages();
  for (const m of stored.out) drawMessage({ ...m, kind: "text", author: "visitor" }, true);
}

// Begins anew, as another visitor.
export function restart() {
  resetConversation();
  renderUnread();
  dropConnection();
  reconnect();
}

function switchTo(id) {
  if (id === conversation) return;
  beginSection(id, conversation, stored.out);
  conversation = id;
  agentPicture.removeAttribute("src");
  lastSeq = 0;
  if (stored.conversation !== id) update((m) => { m.conversation = id; m.read = 0; });
}

// The server has stored a message of the visitor's. One of an earlier conversation (ids rise with time) is only shown there.
export function messageStored(id, m, seq) {
  if (conversation && id < conversation) return m && drawMessage(m, false, earlierSection(id));
  switchTo(id);
  if (!isRunning()) state = "waiting";
  if (m) drawMessage(m);
  if (seq === lastSeq + 1) lastSeq = seq;
  reportContext(seq === 1);
}

function addMessages(messages) {
  for (const m of messages) {
    const fresh = m.seq > lastSeq;
    lastSeq = Math.max(lastSeq, m.seq);
    drawMessage(m);
    if (pendingMessage(m.id)) removePending(m.id);
    if (m.author === "agent") {
      typingNote.textContent = "";
      if (fresh && !m.of && m.seq > (stored.read || 0)) {
        unseenReply = m.seq;
        if (isHidden()) unread++;
        chat.emit("message", { text: m.text, name: m.name });
      }
    }
  }
  markRead();
}

const handlers = {
  welcome({ token, conversation: c, messages, heartbeat }) {
    onWelcome(token, heartbeat);
    if (!c && conversation) resetConversation(); // it belongs to another visitor
    if (c) {
      switchTo(c.id);
      state = c.state;
      agentName = c.agent || "";
      questionsPending &&= state === "closed";
    }
    askQuestions();
    addMessages(messages);
    flushOutbox();
    for (const [frame] of requests.values()) sendFrame(frame);
    for (const f of whenConnected.splice(0)) f();
    reportContext();
  },
  messages({ conversation: c, messages }) {
    if (conversation && c.id < conversation) { // late messages of the conversation before
      for (const m of messages) drawMessage(m, false, earlierSection(c.id));
      return;
    }
    switchTo(c.id);
    if (c.state) {
      if (c.state !== "waiting") queuePosition = null;
      if (c.agent && c.agent !== agentName) agentPicture.removeAttribute("src");
      state = c.state;
      agentName = c.agent || (state === "open" ? agentName : "");
    } else if (!isRunning()) state = "waiting";
    addMessages(messages);
  },
  ack({ id, conversation: c, seq, at }) {
    const m = pendingMessage(id);
    messageStored(c, m && { ...m, kind: "text", author: "visitor", seq, at }, seq);
    removePending(id);
    showNotice("");
  },
  seen(frame) { if (frame.conversation === conversation) showReceipt(frame.seq); },
  agent(frame) { if (frame.conversation === conversation) agentPicture.src = base + frame.picture; },
  typing() {
    clearTimeout(typingTimer);
    typingNote.textContent = fillIn(texts.typing, { name: agentName });
    typingTimer = setTimeout(() => { typingNote.textContent = ""; }, 4000);
  },
  line(frame) {
    if (frame.conversation !== conversation) return;
    frame.words = queuePosition?.words; // until the new text is there
    queuePosition = frame;
    import("./queuePosition.js").then((m) => { m.default(context, frame); renderState(); });
  },
  refused(frame) {
    const m = pendingMessage(frame.id);
    if (frame.code === "closed" && m && m.conversation === conversation) state = "closed";
    if (recover(frame, m)) return;
    if (m) { // it cannot be stored: back into the composer
      removePending(m.id);
      messageElements.get(m.id)?.remove();
      messageElements.delete(m.id);
      input.setRangeText(m.text + (input.value && "\n"), 0, 0, "preserve");
      setDraft();
    }
    showNotice(refusalText(frame));
  },
};

function receiveFrame(frame) {
  const request = requests.get(frame.id);
  if (request) {
    requests.delete(frame.id);
    request[1](frame.type === "refused" ? refusalText(frame) : "");
  } else handlers[frame.type]?.(frame);
  renderState();
}

// Connects. The code of a mailed link is redeemed first.
export function connect() {
  if (chat.code) import("./mailedLink.js").then((m) => m.default(context), () => setTimeout(connect, 5000));
  else openSocket();
}
