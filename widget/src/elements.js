// The panel's elements.
import { greeting, root, texts, website } from "./config.js";
import { log } from "./messageLog.js";
import { actionButton, element, setAria } from "./dom.js";
import { renderText } from "./richText.js";

const input = element("textarea"), panelElement = element("section", "panel"), form = element("form", "composer"), agentPicture = element("img", "face"), statusLine = element("p", "status");
const menu = element("details", "menu"), menuItems = element("div", "items"), privacyText = element("div", "privacy text"), typingNote = element("p", "typing"), notice = element("p", "notice"), ratingForm = element("form", "rating");
const preChat = element("div", "before"), subjectChoice = element("div"), contactForm = element("div"); // filled when the forms in them are loaded
export { subjectChoice, preChat, panelElement, contactForm, agentPicture, form, input, menuItems, menu, notice, privacyText, ratingForm, statusLine, typingNote };
export let closeButton;

// Puts the panel together, hidden.
export function buildPanel(onClose) {
  const { name } = website, greetingElement = renderText(element("div", "greeting text"), greeting.text || "");
  closeButton = setAria(actionButton("close", "×", onClose), texts.close);
  agentPicture.alt = "";
  agentPicture.hidden = privacyText.hidden = panelElement.hidden = true;
  greetingElement.hidden = !greeting.text;
  greetingElement.dir = "auto";
  menu.append(setAria(element("summary", "", "⋯"), texts.more), menuItems);
  setAria(log, name, "log").tabIndex = 0;
  log.append(renderText(privacyText, website.privacy || ""), greetingElement);
  setAria(notice, "", "status");
  setAria(input, texts.write);
  form.append(input, element("button", "send", texts.send));
  setAria(panelElement, name, "dialog").append(element("header", "", agentPicture, element("div", "", element("strong", "", name), statusLine), menu, closeButton), log, typingNote, notice, ratingForm, preChat, subjectChoice, contactForm, form);
  root.append(panelElement);
}
