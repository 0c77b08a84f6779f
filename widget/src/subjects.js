// The choice of a subject, where several groups answer for the website; loaded where there is one.
import loadStyles from "./lazyStyles.js";
import more from "./texts/more.js";

// Shows the choice. Returns chosen(), which returns the id of the chosen group, and choose(group) by id or name.
export default function showSubjects({ subjectChoice, actionButton, setAria, input, lang, element, root, texts: words, website }) {
  const texts = { ...more, ...words };
  let subject;
  const buttons = website.subjects.map((s) => {
    const b = actionButton("subject", nameIn(s, lang), () => { choose(s.id); input.focus(); });
    b.setAttribute("aria-pressed", "false");
    b.subject = s;
    return b;
  });
  loadStyles(root, website).then(() => subjectChoice.append(setAria(element("div", "subjects", element("p", "", texts.about), ...buttons), texts.about, "group")));
  const choose = (id) => {
    subject = id;
    for (const b of buttons) b.setAttribute("aria-pressed", String(b.subject.id === id));
  };
  return { chosen: () => subject, choose: (group) => { const b = buttons.find((b) => b.subject.id === group || b.subject.name === group); if (b) choose(b.subject.id); } };
}

function nameIn(s, lang) {
  for (let l = lang; l; l = l.slice(0, Math.max(0, l.lastIndexOf("-")))) if (s.labels?.[l]) return s.labels[l];
  return s.name;
}
