// The command palette, which finds commands and conversations by a few letters, and the list of all keys.
import { $, element, isolate, onTextInput, ownList } from "./dom.js";
import { commands, readable, run } from "./keys.js";
import { focusPane, paneOf } from "./panes.js";

export function openPalette() {
  const dialog = $("palette");
  if (dialog.open) return;
  const input = element("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-label": "Command or conversation", placeholder: "Search commands and conversations", autocomplete: "off", autofocus: "" });
  const list = element("ul", { id: "palette-list", role: "listbox", "aria-label": "Commands" });
  const entries = [
    ...commands.filter((c) => c.id !== "palette").map((c) => ({ text: c.label, keys: readable(c.keys), go: () => run(c.id) })),
    ...[...ownList.children].map((e) => ({ text: "Go to " + [".who", ".where", ".last"].map((part) => isolate(e.querySelector(part).textContent)).join(" · "), keys: "", go: () => { const p = paneOf(e); if (p) focusPane(p); } })),
    ...[["Snippets", "/snippets"], ["FAQ", "/faq"], ["Preferences", "/preferences"]].map(([text, to]) => ({ text: "Open " + text, keys: "", go: () => window.open(to, "_blank", "noopener") })),
    ...[...$("status").options].map((o) => ({ text: "Set status: " + o.textContent, keys: "", go: () => { $("status").value = o.value; $("status").dispatchEvent(new Event("change", { bubbles: true })); } })),
  ];
  let matches = [], at = 0;
  const mark = () => {
    [...list.children].forEach((li, i) => li.setAttribute("aria-selected", String(i === at)));
    input.setAttribute("aria-activedescendant", "palette-" + at);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const draw = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    matches = entries.filter((t) => words.every((w) => t.text.toLowerCase().includes(w)));
    at = 0;
    list.replaceChildren(...matches.map((t, i) => element("li", { role: "option", id: "palette-" + i }, element("span", {}, t.text), element("kbd", {}, t.keys))));
    if (!matches.length) list.append(element("li", { class: "empty", role: "option", "aria-disabled": "true" }, "No results"));
    mark();
  };
  const choose = (i) => { const t = matches[i]; dialog.close(); if (t) setTimeout(t.go); };
  onTextInput(input, draw);
  list.addEventListener("click", (e) => { const li = e.target.closest("li"); if (li) choose([...list.children].indexOf(li)); });
  dialog.onkeydown = (e) => {
    if (e.key === "ArrowDown") at = Math.min(at + 1, matches.length - 1);
    else if (e.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (e.key === "Enter") { e.preventDefault(); return choose(at); }
    else return;
    e.preventDefault();
    mark();
  };
  dialog.replaceChildren(input, list);
  draw();
  restoreFocus(dialog);
  dialog.showModal();
  input.focus();
}

export function openHelp() {
  const dialog = $("help");
  if (dialog.open) return;
  const rows = commands.filter((c) => c.keys).map((c) => element("div", {}, element("dt", {}, element("kbd", {}, readable(c.keys))), element("dd", {}, c.label)));
  rows.push(element("div", {}, element("dt", {}, element("kbd", {}, readable("Alt+1") + " … 9")), element("dd", {}, "Go to conversation 1–9")),
    element("div", {}, element("dt", {}, element("kbd", {}, "/name")), element("dd", {}, "Insert a snippet while typing")),
    element("div", {}, element("dt", {}, element("kbd", {}, "Up")), element("dd", {}, "Edit the last reply, in an empty composer")));
  dialog.replaceChildren(element("header", {}, element("h2", { id: "help-title" }, "Keyboard shortcuts"), element("a", { href: "/preferences", target: "_blank" }, "Customize"), element("button", { type: "button", class: "quiet", "data-close-dialog": "", autofocus: "" }, "Close")), element("dl", {}, ...rows));
  restoreFocus(dialog);
  dialog.showModal();
}

// Returns the focus to where it was when the dialog closes.
function restoreFocus(dialog) {
  const focused = document.activeElement;
  dialog.addEventListener("close", () => { if (focused?.isConnected && document.activeElement === document.body) focused.focus(); }, { once: true });
}
