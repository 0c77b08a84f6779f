// What the socket brings, before htmx puts it into the page.
import { $ } from "./dom.js";

const listeners = [];
// Calls f with the fragments of every frame, as a DocumentFragment that is not part of the page.
export const onFrame = (f) => listeners.push(f);

document.addEventListener("htmx:ws:before:message:incoming", (e) => {
  const text = e.detail.message.data;
  if (typeof text !== "string" || text[0] === "{") return; // a heartbeat
  const template = document.createElement("template");
  template.innerHTML = text;
  for (const f of listeners) f(template.content);
});

// The ids of elements that belong to a conversation are a kind, the conversation's id and, of messages, a number: "queue-0190…", "m-0190…-7".
// Takes an id, or a selector of one such as "#queue-0190…"; kind is empty for any other.
export function splitID(id) {
  const [, kind = "", conversation = "", seq = ""] = /^#?([a-z]+)-([0-9a-f-]{36})(?:-(\d+))?/.exec(id || "") || [];
  return { kind, conversation, seq: +seq };
}

const clearing = {};
// The visitor's typing is shown until nothing has come of it for five seconds.
onFrame((frame) => {
  for (const part of frame.querySelectorAll('[hx-target^="#typing-"]')) {
    const id = part.getAttribute("hx-target").slice(1);
    clearTimeout(clearing[id]);
    clearing[id] = setTimeout(() => $(id)?.replaceChildren(), 5000);
  }
});
