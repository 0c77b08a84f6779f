// The number of characters beside a field that has too many; loaded when one has.
import loadStyles from "./lazyStyles.js";
import more from "./texts/more.js";

export default function showCount({ setAria, fillIn, element, normalizeText, root, locale, texts: words, website }, field, maxLength, onSend) {
  const texts = { ...more, ...words }, number = (n) => new Intl.NumberFormat(locale).format(n), composer = field.form?.classList.contains("composer");
  const n = [...normalizeText(field.value)].length; // the field may have changed while this was loaded
  loadStyles(root, website);
  const note = (field.countNote ||= element("small", composer ? "notice count" : "count"));
  if (!note.isConnected) (composer ? field.form : field)[composer ? "before" : "after"](note);
  note.hidden = n <= maxLength;
  if (note.hidden) {
    note.textContent = "";
    for (const name of ["invalid", "describedby"]) field.removeAttribute("aria-" + name);
    field.countNote = null;
    return note.remove();
  }
  note.id = "count" + maxLength;
  field.setAttribute("aria-describedby", note.id);
  field.setAttribute("aria-invalid", "true");
  setAria(note, "", onSend ? "alert" : "status");
  note.setAttribute("aria-live", onSend ? "assertive" : note.textContent ? "off" : "polite"); // announced once, not at every key
  note.textContent = fillIn(onSend ? texts.too_long : texts.count, { n: number(n), most: number(maxLength) });
  if (onSend) field.focus();
}
