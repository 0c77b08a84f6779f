// The rating form, loaded when a conversation has ended: asks for a rating, or thanks for it.
import loadStyles from "./lazyStyles.js";
import more from "./texts/more.js";

export default async function showRating({ actionButton, setAria, conversation, draft, fillIn, keepAtEnd, element, stored, normalizeText, ratingForm, request, root, update, texts: words, checkLength, website }) {
  await loadStyles(root, website);
  const texts = { ...more, ...words }, { thumbs, reasons } = website.rating, values = thumbs ? [5, 1] : [1, 2, 3, 4, 5];
  const scale = setAria(element("div"), texts.rate, "radiogroup"), comment = setAria(element("textarea"), texts.comment), problem = setAria(element("small"), "", "alert");
  const question = [element("p", "", texts.rate), scale];
  let value;
  for (const v of values) {
    const up = v > 1, radio = setAria(element("input"), thumbs ? (up ? texts.good : texts.bad) : fillIn(texts.star, { n: v }));
    radio.type = "radio";
    radio.name = "rating";
    radio.required = true;
    radio.onchange = () => {
      value = v;
      keepAtEnd(() => ratingForm.append(details));
      Array.from(scale.children).forEach((l, i) => l.classList.toggle("on", thumbs ? values[i] === v : i < v));
    };
    scale.append(element("label", "star", radio, thumbs ? (up ? "👍" : "👎") : "★"));
  }
  const isPressed = (b) => b.getAttribute("aria-pressed") === "true", reasonButtons = (reasons || []).map((reason) => {
    const b = actionButton("subject", reason, () => b.setAttribute("aria-pressed", !isPressed(b)));
    b.setAttribute("aria-pressed", false);
    return b;
  });
  comment.rows = 2;
  comment.value = draft(conversation()) || ""; // typed before the page was reloaded
  comment.oninput = () => { draft(conversation(), comment.value); checkLength(comment, 2000); };
  comment.placeholder = texts.comment;
  const details = element("div", "rest", element("div", "reasons", ...reasonButtons), comment, element("button", "send", texts.rate_send), problem);
  const thanks = setAria(element("p", "", texts.thanks + " ", actionButton("link", texts.change, () => { ratingForm.replaceChildren(...question, details); scale.querySelector("input").focus(); })), "", "status");
  ratingForm.replaceChildren(...(stored().rated === conversation() ? [thanks] : question));
  ratingForm.onsubmit = (e) => {
    e.preventDefault();
    if (checkLength(comment, 2000, true)) return;
    request({ type: "rate", value, text: normalizeText(comment.value), reasons: reasonButtons.filter(isPressed).map((b) => b.textContent) }, (refused) => {
      problem.textContent = refused;
      if (refused) return;
      draft(conversation(), "");
      update((m) => { m.rated = conversation(); });
      ratingForm.replaceChildren(thanks);
      window.parleyChat.emit("rated");
    });
  };
}
