// Formatting of the selected text by marks, and the emoji picker.
import { composer, element, onTextInput, textArea } from "./dom.js";
import { fitHeight, insert, save } from "./composer.js";

export function toggleFormat(pane, what) {
  const a = textArea(composer(pane)), chosen = a.value.slice(a.selectionStart, a.selectionEnd);
  // Marks must touch words: blanks at the ends of the selection stay outside.
  const from = a.selectionStart + (chosen.trim() ? chosen.length - chosen.trimStart().length : 0), text = chosen.trim() || chosen, to = from + text.length;
  const around = (mark) => {
    if (a.value.slice(from - mark.length, from) === mark && a.value.slice(to, to + mark.length) === mark) { // formatted already: the marks are removed
      a.setRangeText(text, from - mark.length, to + mark.length, "select");
      return;
    }
    const marked = text.split(/(\n\s*\n)/).map((part, i) => (i % 2 ? part : mark + part + mark)).join(""); // marks do not reach across paragraphs
    a.setRangeText(marked, from, to, "select");
    a.setSelectionRange(from + mark.length, from + marked.length - mark.length);
  };
  if (what === "bold") around("**");
  if (what === "italic") around("*");
  if (what === "link") {
    const address = /^https?:\/\/\S+$/.test(text);
    a.setRangeText(address ? "[](" + text + ")" : "[" + text + "](https://)", from, to, "end");
    if (address) a.setSelectionRange(from + 1, from + 1);
    else a.setSelectionRange(a.selectionEnd - 1, a.selectionEnd - 1);
  }
  if (what === "list") {
    const start = a.value.lastIndexOf("\n", from - 1) + 1, lines = a.value.slice(start, to).split("\n");
    const listed = lines.every((l) => l.startsWith("- "));
    a.setRangeText(lines.map((l) => (listed ? l.slice(2) : "- " + l)).join("\n"), start, to, "end");
  }
  a.focus();
  fitHeight(a);
  save(pane);
}

const emojis = `😀 smile 😊 happy 😉 wink 😂 laugh 🙂 friendly 😍 love 😎 cool 🤔 think 😕 confused 😢 sad 😮 surprised 😬 oops 🙏 please thanks 👍 yes good 👎 no bad 👋 hello wave 👌 ok 💪 strong
🤝 deal hands 👏 applause 🎉 party 🎁 gift present ❤️ heart 💚 green heart 💙 blue heart ⭐ star ✨ sparkle 🔥 fire ✅ done check ❌ wrong cross ⚠️ warning ❓ question ❗ important 💡 idea 📦 parcel package 🚚 delivery truck
✈️ plane 🛒 cart 🛍️ shopping 💳 card payment 💶 euro money 💵 dollar money 🧾 receipt invoice 📄 document 📎 attachment 📷 photo camera 📱 phone 💻 computer ⌚ watch 🔋 battery 🔌 plug 🔑 key 🔒 lock
🔧 repair tool 🛠️ tools ⚙️ settings 🔍 search 📞 call phone ✉️ mail letter 📧 email 📅 date calendar ⏰ alarm time ⏳ wait ☕ coffee 🍵 tea 🍕 pizza 🎂 cake 🌞 sun 🌧️ rain ❄️ snow 🌍 world 🏠 home 🏪 shop
🚗 car 🚲 bike 🐶 dog 🐱 cat 🌱 plant 🌹 rose ➡️ right arrow ⬅️ left arrow ⬆️ up arrow ⬇️ down arrow 🔁 again return 🆕 new 🆓 free 💯 hundred`.split(/\s*\n\s*/).join(" ");
const list = [...emojis.matchAll(/(\p{Extended_Pictographic}[️\u200d]*|❤️|✈️)\s+([a-z ]+?)(?=\s+(?:\p{Extended_Pictographic}|$)|$)/gu)].map((m) => ({ sign: m[1], words: m[2] }));

export function openEmoji(pane) {
  pane.querySelector(".emojis")?.remove();
  const form = composer(pane), grid = element("div", { class: "grid", role: "listbox", "aria-label": "Emoji" });
  const search = element("input", { type: "search", placeholder: "Search", "aria-label": "Search emoji", autocomplete: "off" });
  const box = element("div", { class: "emojis popover", role: "dialog", "aria-label": "Emoji" }, search, grid);
  const close = () => { textArea(form).focus(); box.remove(); };
  const draw = () => grid.replaceChildren(...list.filter((e) => e.words.includes(search.value.trim().toLowerCase())).map((e) =>
    element("button", { type: "button", role: "option", "aria-label": e.words, title: e.words }, e.sign)));
  onTextInput(search, draw);
  grid.addEventListener("click", (e) => {
    const b = e.target.closest("button");
    if (!b) return;
    insert(form, b.textContent);
    close();
  });
  box.addEventListener("keydown", (e) => {
    const items = [...grid.children], at = items.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[e.key];
    if (e.key === "Escape") close();
    else if (e.key === "Enter" && at < 0) items[0]?.click();
    else if (step && (at >= 0 || e.key === "ArrowDown")) (items[at < 0 ? 0 : at + step] || search).focus();
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  box.addEventListener("focusout", (e) => { if (!box.contains(e.relatedTarget)) box.remove(); });
  draw();
  form.append(box);
  search.focus();
}
