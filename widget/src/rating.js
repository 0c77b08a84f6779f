// The visitor's verdict, loaded after the end: asks for it, or thanks for it.
import styled from "./styled.js";
import more from "./texts/more.js";

export default async function verdict({ act, aria, conversation, draft, fill, keepEnd, make, memory, plain, rating, request, root, save, texts: words, tooLong, website }) {
  await styled(root, website);
  const texts = { ...more, ...words }, { thumbs, reasons } = website.rating, values = thumbs ? [5, 1] : [1, 2, 3, 4, 5];
  const marks = aria(make("div"), texts.rate, "radiogroup"), comment = aria(make("textarea"), texts.comment), problem = aria(make("small"), "", "alert");
  const first = [make("p", "", texts.rate), marks];
  let value;
  for (const v of values) {
    const up = v > 1, radio = aria(make("input"), thumbs ? (up ? texts.good : texts.bad) : fill(texts.star, { n: v }));
    radio.type = "radio";
    radio.name = "rating";
    radio.required = true;
    radio.onchange = () => {
      value = v;
      keepEnd(() => rating.append(rest));
      Array.from(marks.children).forEach((l, i) => l.classList.toggle("on", thumbs ? values[i] === v : i < v));
    };
    marks.append(make("label", "star", radio, thumbs ? (up ? "👍" : "👎") : "★"));
  }
  const pressed = (b) => b.getAttribute("aria-pressed") === "true", why = (reasons || []).map((reason) => {
    const b = act("subject", reason, () => b.setAttribute("aria-pressed", !pressed(b)));
    b.setAttribute("aria-pressed", false);
    return b;
  });
  comment.rows = 2;
  comment.value = draft(conversation()) || ""; // from before the page was loaded anew
  comment.oninput = () => { draft(conversation(), comment.value); tooLong(comment, 2000); };
  comment.placeholder = texts.comment;
  const rest = make("div", "rest", make("div", "reasons", ...why), comment, make("button", "send", texts.rate_send), problem);
  const thanks = aria(make("p", "", texts.thanks + " ", act("link", texts.change, () => { rating.replaceChildren(...first, rest); marks.querySelector("input").focus(); })), "", "status");
  rating.replaceChildren(...(memory().rated === conversation() ? [thanks] : first));
  rating.onsubmit = (e) => {
    e.preventDefault();
    if (tooLong(comment, 2000, true)) return;
    request({ type: "rate", value, text: plain(comment.value), reasons: why.filter(pressed).map((b) => b.textContent) }, (refused) => {
      problem.textContent = refused;
      if (refused) return;
      draft(conversation(), "");
      save((m) => { m.rated = conversation(); });
      rating.replaceChildren(thanks);
      window.parleyChat.tell("rated");
    });
  };
}
