// What agents may know besides: the pages since the chat was opened here, the time zone, and what the site says of its visitor
// (parley("set", {...})). Told while a conversation runs, and only when it has changed. And what was answered before the chat: where to
// write to, when it begins; the rest beside the talk.
import { heard } from "./route.js";

const chat = window.parleyChat;

export default function teller({ address, json, stored, put, request, memory }) {
  const where = stored + ".trail";
  let told = "", soon, sent = 0;
  const later = (wait) => { soon ||= setTimeout(() => { soon = 0; chat.told(); }, wait); };
  const trail = (leaving) => {
    const url = address(), { title } = document;
    let list = [];
    try { list = JSON.parse(sessionStorage.getItem(where)) || []; } catch { /* storage is off */ }
    if (chat.code) return list; // it may be in the address still
    const last = list[list.length - 1];
    if (last && (leaving || last.url === url)) last.title = title; // a script names its page after it has gone there
    if (last?.url !== url) list = [...list, { url, title, at: new Date().toISOString() }].slice(-20);
    try { sessionStorage.setItem(where, json(list)); } catch { /* as above */ }
    return list;
  };
  trail();
  heard(() => {
    trail(true);
    later(200); // a script names its page, and may go on at once
  });
  return (conversation, began) => {
    const steps = trail(), answers = memory().answers || [], answer = (kind) => answers.find((a) => a.kind === kind)?.value;
    if (!conversation) return;
    const email = answer("email"), name = answer("name");
    if (began && (email || name)) request({ type: "contact", email, name }, () => {});
    const frame = { type: "about", conversation, trail: steps, data: { ...Object.fromEntries(answers.map((a) => [a.label.slice(0, 60), a.value])), ...chat.data }, zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
    const now = json(frame);
    if (now === told) return;
    const wait = sent + 1100 - Date.now(); // the server takes one a second
    if (wait > 0) return later(wait);
    sent = Date.now();
    told = now;
    put(frame);
  };
}
