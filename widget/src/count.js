// Beside a field that has too many characters: how many, and of how many; loaded when it has.
import styled from "./styled.js";
import more from "./texts/more.js";

export default function count({ aria, fill, make, plain, root, speaks, texts: words, website }, field, most, refused) {
  const texts = { ...more, ...words }, number = (n) => new Intl.NumberFormat(speaks).format(n), composer = field.form?.classList.contains("composer");
  const n = [...plain(field.value)].length; // it may have changed while this was loaded
  styled(root, website);
  const said = (field.counted ||= make("small", composer ? "notice count" : "count"));
  if (!said.isConnected) (composer ? field.form : field)[composer ? "before" : "after"](said);
  said.hidden = n <= most;
  if (said.hidden) {
    said.textContent = "";
    for (const name of ["invalid", "describedby"]) field.removeAttribute("aria-" + name);
    field.counted = null;
    return said.remove();
  }
  said.id = "count" + most;
  field.setAttribute("aria-describedby", said.id);
  field.setAttribute("aria-invalid", "true");
  aria(said, "", refused ? "alert" : "status");
  said.setAttribute("aria-live", refused ? "assertive" : said.textContent ? "off" : "polite"); // not at every key
  said.textContent = fill(refused ? texts.too_long : texts.count, { n: number(n), most: number(most) });
  if (refused) field.focus();
}
