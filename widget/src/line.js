// Where the visitor stands in the line, in words; and where to write to, if nobody is there.
import { address } from "./ask.js";
import more from "./texts/more.js";

let form;

export default function line(tools, place) {
  const { contact, conversation, drawState, fill, memory, save, say, speaks } = tools, texts = { ...more, ...tools.texts };
  if (place.nobody) {
    const day = place.opens && new Date(place.opens).toLocaleString(speaks, { day: "numeric", month: "long", weekday: "long", hour: "2-digit", minute: "2-digit" });
    place.words = texts.nobody + (day ? " " + fill(texts.back, { day }) : "");
    if (!form && !memory().email) {
      form = address(tools, "leave", (email) => ({ type: "contact", email }), () => { save((m) => { m.left = conversation(); }); say(texts.left); drawState(); });
      contact.append(form);
    }
    return;
  }
  place.words = place.position === 1 ? texts.next : fill(texts.place, { n: place.position });
  if (place.most) place.words += " " + fill(texts.wait, { time: minutes(place.least, place.most, speaks) });
}

// Minutes, with the plurals of the language.
function minutes(least, most, lang) {
  const f = new Intl.NumberFormat(lang, { style: "unit", unit: "minute", unitDisplay: "long" });
  return least && least < most ? (f.formatRange ? f.formatRange(least, most) : least + "–" + f.format(most)) : f.format(most);
}
