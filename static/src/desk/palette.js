// The palette: every command and every conversation by a few letters; and the overlay with all keys.
import { $, isolate, make, mine, onTyped } from "./dom.js";
import { commands, run, spoken } from "./commands.js";
import { focus, paneOf } from "./panes.js";

export function palette() {
  const dialog = $("palette");
  if (dialog.open) return;
  const input = make("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-label": "Command or conversation", placeholder: "What do you want to do?", autocomplete: "off", autofocus: "" });
  const list = make("ul", { id: "palette-list", role: "listbox", "aria-label": "Commands" });
  const things = [
    ...commands.filter((c) => c.id !== "palette").map((c) => ({ text: c.label, keys: spoken(c.keys), go: () => run(c.id) })),
    ...[...mine.children].map((e) => ({ text: "Go to " + [".who", ".where", ".last"].map((part) => isolate(e.querySelector(part).textContent)).join(" · "), keys: "", go: () => { const p = paneOf(e); if (p) focus(p); } })),
    ...[["Snippets", "/snippets"], ["FAQ entries", "/faq"], ["Keys and preferences", "/preferences"]].map(([text, to]) => ({ text: "Open " + text, keys: "", go: () => window.open(to, "_blank", "noopener") })),
    ...[...$("status").options].map((o) => ({ text: "Be " + o.textContent, keys: "", go: () => { $("status").value = o.value; $("status").dispatchEvent(new Event("change", { bubbles: true })); } })),
  ];
  let fit = [], at = 0;
  const mark = () => {
    [...list.children].forEach((li, i) => li.setAttribute("aria-selected", String(i === at)));
    input.setAttribute("aria-activedescendant", "palette-" + at);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const draw = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    fit = things.filter((t) => words.every((w) => t.text.toLowerCase().includes(w)));
    at = 0;
    list.replaceChildren(...fit.map((t, i) => make("li", { role: "option", id: "palette-" + i }, make("span", {}, t.text), make("kbd", {}, t.keys))));
    if (!fit.length) list.append(make("li", { class: "empty", role: "option", "aria-disabled": "true" }, "Nothing is called so."));
    mark();
  };
  const choose = (i) => { const t = fit[i]; dialog.close(); if (t) setTimeout(t.go); };
  onTyped(input, draw);
  list.addEventListener("click", (e) => { const li = e.target.closest("li"); if (li) choose([...list.children].indexOf(li)); });
  dialog.onkeydown = (e) => {
    if (e.key === "ArrowDown") at = Math.min(at + 1, fit.length - 1);
    else if (e.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (e.key === "Enter") { e.preventDefault(); return choose(at); }
    else return;
    e.preventDefault();
    mark();
  };
  dialog.replaceChildren(input, list);
  draw();
  back(dialog);
  dialog.showModal();
  input.focus();
}

export function help() {
  const dialog = $("help");
  if (dialog.open) return;
  const rows = commands.filter((c) => c.keys).map((c) => make("div", {}, make("dt", {}, make("kbd", {}, spoken(c.keys))), make("dd", {}, c.label)));
  rows.push(make("div", {}, make("dt", {}, make("kbd", {}, spoken("Alt+1") + " … 9")), make("dd", {}, "Go to a conversation of the list")),
    make("div", {}, make("dt", {}, make("kbd", {}, "/name")), make("dd", {}, "Insert a snippet while writing")),
    make("div", {}, make("dt", {}, make("kbd", {}, "Up")), make("dd", {}, "Change the last reply, where nothing is written")));
  dialog.replaceChildren(make("header", {}, make("h2", { id: "help-title" }, "Keys"), make("a", { href: "/preferences", target: "_blank" }, "Change them"), make("button", { type: "button", class: "quiet", "data-close-dialog": "", autofocus: "" }, "Close")), make("dl", {}, ...rows));
  back(dialog);
  dialog.showModal();
}

// The focus goes back to where it was.
function back(dialog) {
  const held = document.activeElement;
  dialog.addEventListener("close", () => { if (held?.isConnected && document.activeElement === document.body) held.focus(); }, { once: true });
}
