// The menu of the conversation, loaded when it is opened: end it, save it, have it mailed, read the privacy text.
import emailForm from "./emailForm.js";
import loadStyles from "./lazyStyles.js";
import more from "./texts/more.js";

export default function buildMenu(context) {
  const { actionButton, menuItems, log, element, menu, privacyText, request, root, showNotice, website } = context, texts = { ...more, ...context.texts };
  const closing = (f) => () => { menu.open = false; f(); };
  const mailForm = element("div", "", emailForm(context, "mail", (email) => ({ type: "transcript", email }), () => { mailForm.hidden = true; showNotice(texts.mailed); }));
  mailForm.hidden = true;
  log.after(mailForm);
  const entries = {
    end: actionButton("item", texts.end, closing(() => { if (confirm(texts.end_sure)) request({ type: "end" }, showNotice); })),
    save: actionButton("item", texts.save, closing(() => saveAsText(element, website.name, log))),
    mail: actionButton("item", texts.mail, closing(() => { mailForm.hidden = false; mailForm.querySelector("input").focus(); })),
    privacy: actionButton("item", texts.privacy, closing(() => { privacyText.hidden = !privacyText.hidden; log.scrollTop = 0; })),
  };
  loadStyles(root, website).then(() => menuItems.append(entries.end, entries.save, entries.mail, entries.privacy));
  return (state) => {
    entries.end.hidden = !state || state === "closed";
    entries.save.hidden = !state;
    entries.mail.hidden = !state || !website.mail;
    entries.privacy.hidden = !website.privacy;
  };
}

// Saves the conversation as a text file.
function saveAsText(element, name, log) {
  const lines = Array.from(log.querySelectorAll(".message, .system")).map((e) => e.innerText.trim().replace(/\n+/g, "\n  "));
  const a = element("a");
  a.href = URL.createObjectURL(new Blob([name + "\n\n" + lines.join("\n") + "\n"], { type: "text/plain" }));
  a.download = name.replace(/[^\p{L}\p{N} -]/gu, "") + ".txt";
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10000);
}
