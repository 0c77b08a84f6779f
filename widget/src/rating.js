// The visitor's verdict after the end.
import { chat, texts, website } from "./given.js";
import { keepEnd } from "./log.js";
import { act, aria, fill, make } from "./make.js";
import { memory, save } from "./memory.js";
import { conversation, request } from "./talk.js";

export const rating = make("form", "rating");
// Asks for the verdict on the conversation, or thanks for it.
export function ask() {
  const { thumbs, reasons } = website.rating || {}, values = thumbs ? [5, 1] : [1, 2, 3, 4, 5];
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
  words.maxLength = 2000;
  words.placeholder = texts.comment;
  const rest = make("div", "rest", make("div", "reasons", ...more), words, make("button", "send", texts.rate_send), problem);
  const thanks = aria(make("p", "", texts.thanks + " ", act("link", texts.change, () => { rating.replaceChildren(...first, rest); marks.querySelector("input").focus(); })), "", "status");
  rating.replaceChildren(...(memory.rated === conversation ? [thanks] : first));
  rating.onsubmit = (e) => {
    e.preventDefault();
    request({ type: "rate", value, text: words.value.trim(), reasons: more.filter(pressed).map((b) => b.textContent) }, (why) => {
      problem.textContent = why;
      if (why) return;
      save((m) => { m.rated = conversation; });
      rating.replaceChildren(thanks);
      chat.tell("rated");
    });
  };
}
