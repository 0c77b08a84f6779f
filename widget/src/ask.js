// What the visitor is asked beside the talk, loaded where it is: what it is about, and where to write to.
import more from "./texts/more.js";

// subjects is the choice where several groups answer for the website, named in the widget's language.
export function subjects({ act, make }, website, lang, words, then) {
  const texts = { ...more, ...words };
  const about = make("div", "subjects");
  let subject;
  about.setAttribute("role", "group");
  about.setAttribute("aria-label", texts.about);
  const buttons = (website.subjects || []).map((s) => {
    const b = act("subject", label(s, lang), () => { choose(s.id); then(); });
    b.setAttribute("aria-pressed", "false");
    b.of = s;
    return b;
  });
  about.append(make("p", "", texts.about), ...buttons);
  const choose = (id) => {
    subject = id;
    for (const b of buttons) b.setAttribute("aria-pressed", String(b.of.id === id));
  };
  return { about, chosen: () => subject, wish: (group) => { const b = buttons.find((b) => b.of.id === group || b.of.name === group); if (b) choose(b.of.id); } };
}

function label(s, lang) {
  for (let l = lang; l; l = l.slice(0, Math.max(0, l.lastIndexOf("-")))) if (s.labels?.[l]) return s.labels[l];
  return s.name;
}

// address is a form for an e-mail address.
export function address({ make }, words, why, leave) {
  const texts = { ...more, ...words };
  const email = make("input");
  email.type = "email";
  email.required = true;
  email.autocomplete = "email";
  email.setAttribute("aria-label", texts.address);
  email.placeholder = texts.address;
  const problem = make("small");
  problem.setAttribute("role", "alert");
  const contact = make("form", "contact", make("p", "", texts[why]), email, make("button", "send", texts.send), problem);
  contact.addEventListener("submit", (e) => {
    e.preventDefault();
    problem.textContent = "";
    leave(email.value.trim());
  });
  return { contact, problem, email };
}
