// The panel's elements.
import { opening, root, texts, website } from "./given.js";
import { log } from "./log.js";
import { act, aria, make } from "./make.js";
import { write } from "./markdown.js";

const input = make("textarea"), box = make("section", "panel"), form = make("form", "composer"), face = make("img", "face"), status = make("p", "status");
const menu = make("details", "menu"), items = make("div", "items"), privacy = make("div", "privacy text"), typing = make("p", "typing"), notice = make("p", "notice"), rating = make("form", "rating");
const ahead = make("div", "before"), about = make("div"), contact = make("div"); // what is asked beside the talk is loaded where it is asked
export { about, ahead, box, contact, face, form, input, items, menu, notice, privacy, rating, status, typing };
export let close;

export function furnish(leave) {
  const { name } = website, greeting = write(make("div", "greeting text"), opening.text || "");
  close = aria(act("close", "×", leave), texts.close);
  face.alt = "";
  face.hidden = privacy.hidden = box.hidden = true;
  greeting.hidden = !opening.text;
  greeting.dir = "auto";
  menu.append(aria(make("summary", "", "⋯"), texts.more), items);
  aria(log, name, "log").tabIndex = 0;
  log.append(write(privacy, website.privacy || ""), greeting);
  aria(notice, "", "status");
  aria(input, texts.write);
  form.append(input, make("button", "send", texts.send));
  aria(box, name, "dialog").append(make("header", "", face, make("div", "", make("strong", "", name), status), menu, close), log, typing, notice, rating, ahead, about, contact, form);
  root.append(box);
}
