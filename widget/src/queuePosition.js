// The visitor's position in the queue as a text and, while nobody is available, the form for an e-mail address.
import emailForm from "./emailForm.js";
import more from "./texts/more.js";

let form;

export default function describePosition(context, position) {
  const { contactForm, conversation, renderState, fillIn, stored, update, showNotice, locale } = context, texts = { ...more, ...context.texts };
  if (position.nobody) {
    const day = position.opens && new Date(position.opens).toLocaleString(locale, { day: "numeric", month: "long", weekday: "long", hour: "2-digit", minute: "2-digit" });
    position.words = texts.nobody + (day ? " " + fillIn(texts.back, { day }) : "");
    if (!form && !stored().email) {
      form = emailForm(context, "leave", (email) => ({ type: "contact", email }), () => { update((m) => { m.left = conversation(); }); showNotice(texts.left); });
      contactForm.append(form);
    }
    return;
  }
  position.words = position.position === 1 ? texts.next : fillIn(texts.place, { n: position.position });
  if (position.most) position.words += " " + fillIn(texts.wait, { time: minutes(position.least, position.most, locale) });
}

// Formats a range of minutes in a language.
function minutes(least, most, lang) {
  const f = new Intl.NumberFormat(lang, { style: "unit", unit: "minute", unitDisplay: "long" });
  return least && least < most ? (f.formatRange ? f.formatRange(least, most) : least + "–" + f.format(most)) : f.format(most);
}
