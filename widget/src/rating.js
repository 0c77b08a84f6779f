// The visitor's verdict after the end, loaded then.
import styled from "./styled.js";

export default async function rate({ act, aria, conversation: current, draft, fill, keepEnd, make, memory, plain, request, root, save, texts, tooLong, website }, rating) {
  await styled(root, website);
  const conversation = current();
  const { thumbs, reasons } = website.rating, values = thumbs ? [5, 1] : [1, 2, 3, 4, 5];
  const marks = aria(make("div"), texts.rate, "radiogroup"), words = aria(make("textarea"), texts.comment), problem = aria(make("small"), "", "alert");
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
  const pressed = (b) => b.getAttribute("aria-pressed") === "true", more = (reasons || []).map((reason) => {
    const b = act("subject", reason, () => b.setAttribute("aria-pressed", !pressed(b)));
    b.setAttribute("aria-pressed", false);
    return b;
  });
  words.rows = 2;
  words.value = draft(conversation) || "";
  words.oninput = () => { draft(conversation, words.value); tooLong(words, 2000); };
  words.placeholder = texts.comment;
  const rest = make("div", "rest", make("div", "reasons", ...more), words, make("button", "send", texts.rate_send), problem);
  const thanks = aria(make("p", "", texts.thanks + " ", act("link", texts.change, () => { rating.replaceChildren(...first, rest); marks.querySelector("input").focus(); })), "", "status");
  keepEnd(() => rating.replaceChildren(...(memory().rated === conversation ? [thanks] : first)));
  rating.onsubmit = (e) => {
    e.preventDefault();
    if (tooLong(words, 2000, true)) return;
    request({ type: "rate", value, text: plain(words.value), reasons: more.filter(pressed).map((b) => b.textContent) }, (why) => {
      problem.textContent = why;
      if (why) return;
      draft(conversation, "");
      save((m) => { m.rated = conversation; });
      rating.replaceChildren(thanks);
      window.parleyChat.tell("rated");
    });
  };
}
