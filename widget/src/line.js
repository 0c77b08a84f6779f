// Where the visitor stands in the line, in words.
export default function line(fill, place, texts, lang) {
  if (place.nobody) {
    const day = place.opens && new Date(place.opens).toLocaleString(lang, { day: "numeric", month: "long", weekday: "long", hour: "2-digit", minute: "2-digit" });
    return texts.nobody + (day ? " " + fill(texts.back, { day }) : "");
  }
  const stand = place.position === 1 ? texts.next : fill(texts.place, { n: place.position });
  return stand + (place.most ? " " + fill(texts.wait, { time: minutes(place.least, place.most, lang) }) : "");
}

// Minutes, with the plurals of the language.
function minutes(least, most, lang) {
  const f = new Intl.NumberFormat(lang, { style: "unit", unit: "minute", unitDisplay: "long" });
  return least && least < most ? (f.formatRange ? f.formatRange(least, most) : least + "–" + f.format(most)) : f.format(most);
}
