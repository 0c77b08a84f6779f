// What the visitor is asked beside the talk, loaded where it is: what it is about, and where to write to.
import styled from "./styled.js";
import more from "./texts/more.js";

// subjects is the choice where several groups answer for the website, named in the widget's language.
export function subjects({ about, act, aria, input, lang, make, root, texts: words, website }) {
  const texts = { ...more, ...words };
  let subject;
  const buttons = website.subjects.map((s) => {
    const b = act("subject", label(s, lang), () => { choose(s.id); input.focus(); });
    b.setAttribute("aria-pressed", "false");
    b.of = s;
    return b;
  });
  styled(root, website).then(() => about.append(aria(make("div", "subjects", make("p", "", texts.about), ...buttons), texts.about, "group")));
  const choose = (id) => {
    subject = id;
    for (const b of buttons) b.setAttribute("aria-pressed", String(b.of.id === id));
  };
  return { chosen: () => subject, wish: (group) => { const b = buttons.find((b) => b.of.id === group || b.of.name === group); if (b) choose(b.of.id); } };
}

function label(s, lang) {
  for (let l = lang; l; l = l.slice(0, Math.max(0, l.lastIndexOf("-")))) if (s.labels?.[l]) return s.labels[l];
  return s.name;
}

// address is a form for an e-mail address.
export function address({ aria, make, request, root, texts: words, website }, why, frame, then) {
  const texts = { ...more, ...words }, email = aria(make("input"), texts.address), problem = aria(make("small"), "", "alert");
  email.type = "email";
  email.required = true;
  email.autocomplete = "email";
  email.placeholder = texts.address;
  const form = make("form", "contact", make("p", "", texts[why]), email, make("button", "send", texts.send), problem);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    problem.textContent = "";
    request(frame(email.value.trim()), (refused) => { problem.textContent = refused; if (!refused) then(); });
  });
  form.hidden = true; // till it is styled
  styled(root, website).then(() => { form.hidden = false; });
  return form;
}
