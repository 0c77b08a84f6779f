// Reports what agents see about the visit: the pages since the chat was opened, the time zone, the site's data (parley("set", {...})) and the
// answers of the pre-chat form. Sent while a conversation runs, when it has changed. Name and e-mail address are sent when it begins.
import { onNavigation } from "./navigation.js";

const chat = window.parleyChat;

export default function contextReporter({ pageAddress, stringify, storagePrefix, sendFrame, request, stored }) {
  const trailKey = storagePrefix + ".trail";
  let reported = "", timer, reportedAt = 0;
  const reportLater = (wait) => { timer ||= setTimeout(() => { timer = 0; chat.onData(); }, wait); };
  const updateTrail = (leaving) => {
    const url = pageAddress(), { title } = document;
    let list = [];
    try { list = JSON.parse(sessionStorage.getItem(trailKey)) || []; } catch { /* storage is off */ }
    if (chat.code) return list; // the address may still contain the code
    const last = list[list.length - 1];
    if (last && (leaving || last.url === url)) last.title = title; // scripts set the title after they have changed the address
    if (last?.url !== url) list = [...list, { url, title, at: new Date().toISOString() }].slice(-20);
    try { sessionStorage.setItem(trailKey, stringify(list)); } catch { /* as above */ }
    return list;
  };
  updateTrail();
  onNavigation(() => {
    updateTrail(true);
    reportLater(200); // the script sets the title, and may change the address again at once
  });
  return (conversation, isNew) => {
    const steps = updateTrail(), answers = stored().answers || [], answer = (kind) => answers.find((a) => a.kind === kind)?.value;
    if (!conversation) return;
    const email = answer("email"), name = answer("name");
    if (isNew && (email || name)) request({ type: "contact", email, name }, () => {});
    const frame = { type: "about", conversation, trail: steps, data: { ...Object.fromEntries(answers.map((a) => [a.label.slice(0, 60), a.value])), ...chat.data }, zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
    const now = stringify(frame);
    if (now === reported) return;
    const wait = reportedAt + 1100 - Date.now(); // the server accepts one a second
    if (wait > 0) return reportLater(wait);
    reportedAt = Date.now();
    reported = now;
    sendFrame(frame);
  };
}
