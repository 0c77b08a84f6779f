// The visitor's verdict after the end.
import { act, fill, make, newID } from "./make.js";

export default function rating(how, texts, put) {
  const form = make("form", "rating"), title = make("p", "", texts.rate), marks = make("div", "stars");
  let value = 0, id;
  marks.setAttribute("role", "radiogroup");
  marks.setAttribute("aria-label", texts.rate);
  const more = make("div", "reasons"), words = make("textarea"), send = make("button", "send", texts.rate_send), problem = make("small");
  problem.setAttribute("role", "alert");
  const values = how.thumbs ? [5, 1] : [1, 2, 3, 4, 5];
  for (const v of values) {
    const radio = make("input"), label = make("label", "star", radio, how.thumbs ? (v > 1 ? "👍" : "👎") : "★");
    radio.type = "radio";
    radio.name = "rating";
    radio.setAttribute("aria-label", how.thumbs ? (v > 1 ? texts.good : texts.bad) : fill(texts.star, { n: v }));
    radio.addEventListener("change", () => {
      value = v;
      form.append(rest);
      Array.from(marks.children).forEach((l, i) => l.classList.toggle("on", how.thumbs ? values[i] === v : i < v));
    });
    marks.append(label);
  }
  for (const reason of how.reasons || []) {
    const b = act("subject", reason, () => b.setAttribute("aria-pressed", String(b.getAttribute("aria-pressed") !== "true")));
    b.setAttribute("aria-pressed", "false");
    more.append(b);
  }
  words.rows = 2;
  words.maxLength = 2000;
  words.placeholder = texts.comment;
  words.setAttribute("aria-label", texts.comment);
  const rest = make("div", "rest", more, words, send, problem);
  form.append(title, marks);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    put({ type: "rate", id: (id = newID()), value, text: words.value.trim(), reasons: Array.from(more.children).filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.textContent) });
  });
  const thanks = make("p", "", texts.thanks + " ", act("link", texts.change, () => { thanks.replaceWith(title, marks, rest); marks.querySelector("input").focus(); }));
  thanks.setAttribute("role", "status");
  return {
    form,
    said: false,
    reset() { if (this.said) form.replaceChildren(title, marks); this.said = false; },
    mine: (x) => !!id && x === id,
    kept() { this.said = true; form.replaceChildren(thanks); },
    refused(why) { problem.textContent = why; },
  };
}
