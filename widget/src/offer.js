// Cells of a table and texts of a word processor are copied with a picture of them. The text is pasted; the picture is offered.
import styled from "./styled.js";
import more from "./texts/more.js";

let offered;

export default function offer({ act, aria, input, make, root, texts: words, website }, put) {
  const texts = { ...more, ...words }, end = () => { offered.remove(); input.focus(); };
  offered?.remove();
  offered = aria(make("p", "notice offer", act("link", texts.attach_too, () => { end(); put(); }), " ", aria(act("link", "×", end), texts.dismiss)), "", "status");
  styled(root, website).then(() => input.form.before(offered));
}
