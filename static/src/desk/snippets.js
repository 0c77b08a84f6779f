// Snippets: on their keys, and by /name with a list that narrows while it is typed.
import { all, area, composer, make, onTyped, panes, talk, told } from "./dom.js";
import { ask } from "./server.js";
import { inFocus } from "./panes.js";
import { grow, keep, onDoubt } from "./composer.js";
import { stage } from "./files.js";
import { spoken } from "./commands.js";

const snippets = told("snippets", []);
// Those of a pane's conversation: a customer's snippets are for its conversations only, and come before others of the same name.
function usable(pane) {
  const here = snippets.filter((s) => !s.customer || s.customer === pane.dataset.customer);
  const own = new Set(here.filter((s) => s.customer).map((s) => s.name));
  return here.filter((s) => s.customer || !own.has(s.name));
}

async function put(pane, snippet, from) {
  const form = composer(pane), a = area(form);
  const text = await ask(talk(pane) + "/snippets/" + snippet.id, { method: "POST" });
  if (text === null) return;
  if (from !== undefined) a.setSelectionRange(from, a.selectionEnd); // in place of /name
  const gap = a.selectionStart > 0 && from === undefined && !/\s$/.test(a.value.slice(0, a.selectionStart)) ? " " : "";
  a.setRangeText(gap + text, a.selectionStart, a.selectionEnd, "end");
  if (snippet.file) stage(pane, [{ snippet: snippet.id, name: snippet.file }]);
  grow(a);
  keep(pane);
  a.focus();
}

// What a key combination does, if it is a snippet's.
export function snippetFor(keys) {
  const pane = inFocus(), s = pane && usable(pane).find((s) => s.keys === keys);
  return s && (() => put(pane, s));
}

const slash = /(?:^|\s)\/([\p{L}\p{N}_-]*)$/u;
function typed(a) {
  const m = slash.exec(a.value.slice(0, a.selectionStart));
  return m && { name: m[1].toLowerCase(), from: a.selectionStart - m[1].length - 1 };
}

function close(pane) { pane.querySelector(".snippets")?.remove(); area(composer(pane)).removeAttribute("aria-activedescendant"); }

function show(pane, name) {
  const form = composer(pane), a = area(form);
  const fit = usable(pane).filter((s) => s.name.includes(name) || s.body.toLowerCase().includes(name))
    .sort((x, y) => y.name.startsWith(name) - x.name.startsWith(name)).slice(0, 8);
  let list = form.querySelector(".snippets");
  if (!fit.length && !snippets.length) fit.push({ name: "", body: "There are no snippets yet. They are made under “Snippets” in the menu." });
  if (!fit.length) return close(pane);
  if (!list) {
    list = make("ul", { class: "snippets popover", role: "listbox", "aria-label": "Snippets", id: "snippets-" + pane.dataset.conversation });
    form.append(list);
    list.addEventListener("pointerdown", (e) => e.preventDefault()); // the text keeps the focus
    list.addEventListener("click", (e) => { const li = e.target.closest("[data-id]"); if (li) choose(pane, li); });
  }
  list.replaceChildren(...fit.map((s, i) => make("li", { role: "option", id: list.id + "-" + i, "data-id": s.id || "", "aria-selected": String(i === 0) },
    make("b", {}, s.name ? "/" + s.name : ""), make("span", {}, s.body), ...(s.file ? [make("small", {}, "with " + s.file)] : []), ...(s.keys ? [make("kbd", {}, spoken(s.keys))] : []))));
  a.setAttribute("aria-activedescendant", list.id + "-0");
}

function choose(pane, li) {
  const s = snippets.find((s) => s.id === li.dataset.id), at = typed(area(composer(pane)));
  close(pane);
  if (s) put(pane, s, at?.from);
}

export function openSnippets(pane) {
  const a = area(composer(pane));
  a.focus();
  if (typed(a)) return show(pane, typed(a).name);
  const gap = a.selectionStart > 0 && !/\s$/.test(a.value.slice(0, a.selectionStart)) ? " " : "";
  a.setRangeText(gap + "/", a.selectionStart, a.selectionEnd, "end");
  show(pane, "");
}

onTyped(panes, (e) => {
  if (!e.target.matches("[data-composer] textarea")) return;
  const pane = e.target.closest(".pane"), at = typed(e.target);
  if (at && (snippets.length || pane.querySelector(".snippets"))) show(pane, at.name);
  else close(pane);
});
panes.addEventListener("focusout", (e) => { if (e.target.matches("[data-composer] textarea")) close(e.target.closest(".pane")); });
panes.addEventListener("keydown", (e) => { // before Enter sends
  const list = e.target.matches("[data-composer] textarea") && e.target.form.querySelector(".snippets");
  if (!list) return;
  const items = all("li", list), at = items.findIndex((li) => li.getAttribute("aria-selected") === "true");
  const pane = e.target.closest(".pane");
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    const to = (at + (e.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
    items.forEach((li, i) => li.setAttribute("aria-selected", String(i === to)));
    e.target.setAttribute("aria-activedescendant", items[to].id);
    items[to].scrollIntoView({ block: "nearest" });
  } else if ((e.key === "Enter" || e.key === "Tab") && !e.shiftKey) choose(pane, items[at]);
  else if (e.key === "Escape") close(pane);
  else return;
  e.preventDefault();
  e.stopImmediatePropagation();
}, true);

// A reply of nothing but /name was meant to become a snippet's text.
onDoubt((pane, text) => {
  const name = /^\/([\p{L}\p{N}_-]+)$/u.exec(text.trim())?.[1];
  if (!name) return "";
  const there = usable(pane).some((s) => s.name === name.toLowerCase());
  return (there ? "The text of the snippet /" + name + " is not inserted." : "There is no snippet /" + name + ".") + " Press Enter again to send it as it is.";
});
