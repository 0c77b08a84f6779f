// What can be done with a talk besides talking, loaded when it is looked for: end it, keep it, have it mailed.
import { address } from "./ask.js";
import more from "./texts/more.js";

export default function menu({ act, make, newID }, { website, texts: words, put, log, box, items, close, told, privacy }) {
  const texts = { ...more, ...words };
  const done = (f) => () => { close(); f(); };
  let asked;
  const { contact, problem, email } = address({ make }, words, "mail", (to) => told((conversation) => put({ type: "transcript", id: (asked = newID()), conversation, email: to })));
  contact.hidden = true;
  box.querySelector(".log").after(contact);
  const all = {
    end: act("item", texts.end, done(() => { if (confirm(texts.end_sure)) told((conversation) => put({ type: "end", id: newID(), conversation })); })),
    save: act("item", texts.save, done(() => save(make, website.name, log))),
    mail: act("item", texts.mail, done(() => { contact.hidden = false; email.focus(); })),
    privacy: act("item", texts.privacy, done(() => { privacy.hidden = !privacy.hidden; log.scrollTop = 0; })),
  };
  items.append(all.end, all.save, all.mail, all.privacy);
  return {
    draw(state) {
      all.end.hidden = !state || state === "closed";
      all.save.hidden = !state;
      all.mail.hidden = !state || !website.mail;
      all.privacy.hidden = !website.privacy;
    },
    mine: (id) => !!asked && id === asked,
    refused(why) { problem.textContent = why; },
    mailed() { contact.hidden = true; },
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
