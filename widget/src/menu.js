// What can be done with a talk besides talking, loaded when it is looked for: end it, keep it, have it mailed.
import { address } from "./ask.js";
import styled from "./styled.js";
import more from "./texts/more.js";

export default function menu(tools) {
  const { act, items, log, make, menu, privacy, request, root, say, website } = tools, texts = { ...more, ...tools.texts };
  const done = (f) => () => { menu.open = false; f(); };
  const contact = make("div", "", address(tools, "mail", (email) => ({ type: "transcript", email }), () => { contact.hidden = true; say(texts.mailed); }));
  contact.hidden = true;
  log.after(contact);
  const all = {
    end: act("item", texts.end, done(() => { if (confirm(texts.end_sure)) request({ type: "end" }, say); })),
    save: act("item", texts.save, done(() => save(make, website.name, log))),
    mail: act("item", texts.mail, done(() => { contact.hidden = false; contact.querySelector("input").focus(); })),
    privacy: act("item", texts.privacy, done(() => { privacy.hidden = !privacy.hidden; log.scrollTop = 0; })),
  };
  styled(root, website).then(() => items.append(all.end, all.save, all.mail, all.privacy));
  return (state) => {
    all.end.hidden = !state || state === "closed";
    all.save.hidden = !state;
    all.mail.hidden = !state || !website.mail;
    all.privacy.hidden = !website.privacy;
  };
}

// The talk as a text file.
function save(make, name, log) {
  const lines = Array.from(log.querySelectorAll(".message, .system")).map((e) => e.innerText.trim().replace(/\n+/g, "\n  "));
  const a = make("a");
  a.href = URL.createObjectURL(new Blob([name + "\n\n" + lines.join("\n") + "\n"], { type: "text/plain" }));
  a.download = name.replace(/[^\p{L}\p{N} -]/gu, "") + ".txt";
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10000);
}
