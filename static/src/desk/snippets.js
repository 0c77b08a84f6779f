// Snippets, inserted by their keys, or by /name with a list that narrows while it is typed.
import { all, composer, conversationURL, element, onTextInput, pageData, panes, textArea } from "./dom.js";
import { getText } from "./requests.js";
import { inFocus } from "./panes.js";
import { addCheck, fitHeight, save } from "./composer.js";
import { stage } from "./attachments.js";
import { readable } from "./keys.js";

const snippets = pageData("snippets", []);
// Returns the snippets for a pane: those of a customer are for its conversations only, and override others of the same name.
function usable(pane) {
  const here = snippets.filter((s) => !s.customer || s.customer === pane.dataset.customer);
  const own = new Set(here.filter((s) => s.customer).map((s) => s.name));
  return here.filter((s) => s.customer || !own.has(s.name));
}

async function insertSnippet(pane, snippet, from) {
  const form = composer(pane), a = textArea(form);
  const text = await getText(conversationURL(pane) + "/snippets/" + snippet.id, { method: "POST" });
  if (text === null) return;
  if (from !== undefined) a.setSelectionRange(from, a.selectionEnd); // in place of /name
  const gap = a.selectionStart > 0 && from === undefined && !/\s$/.test(a.value.slice(0, a.selectionStart)) ? " " : "";
  a.setRangeText(gap + text, a.selectionStart, a.selectionEnd, "end");
  if (snippet.file) stage(pane, [{ snippet: snippet.id, name: snippet.file }]);
  fitHeight(a);
  save(pane);
  a.focus();
}

// Returns a function that inserts the snippet with a key combination; undefined if there is none.
export function snippetFor(keys) {
  const pane = inFocus(), s = pane && usable(pane).find((s) => s.keys === keys);
  return s && (() => insertSnippet(pane, s));
}

const slash = /(?:^|\s)\/([\p{L}\p{N}_-]*)$/u;
function typedName(a) {
  const m = slash.exec(a.value.slice(0, a.selectionStart));
  return m && { name: m[1].toLowerCase(), from: a.selectionStart - m[1].length - 1 };
}

function closeList(pane) { pane.querySelector(".snippets")?.remove(); textArea(composer(pane)).removeAttribute("aria-activedescendant"); }

function showList(pane, name) {
  const form = composer(pane), a = textArea(form);
  const fit = usable(pane).filter((s) => s.name.includes(name) || s.body.toLowerCase().includes(name))
    .sort((x, y) => y.name.startsWith(name) - x.name.startsWith(name)).slice(0, 8);
  let list = form.querySelector(".snippets");
  if (!fit.length && !snippets.length) fit.push({ name: "", body: "No snippets yet. Add them under Snippets in the menu." });
  if (!fit.length) return closeList(pane);
  if (!list) {
    list = element("ul", { class: "snippets popover", role: "listbox", "aria-label": "Snippets", id: "snippets-" + pane.dataset.conversation });
    form.append(list);
    list.addEventListener("pointerdown", (e) => e.preventDefault()); // the text area keeps the focus
    list.addEventListener("click", (e) => { const li = e.target.closest("[data-id]"); if (li) chooseSnippet(pane, li); });
  }
  list.replaceChildren(...fit.map((s, i) => element("li", { role: "option", id: list.id + "-" + i, "data-id": s.id || "", "aria-selected": String(i === 0) },
    element("b", {}, s.name ? "/" + s.name : ""), element("span", {}, s.body), ...(s.file ? [element("small", {}, "with " + s.file)] : []), ...(s.keys ? [element("kbd", {}, readable(s.keys))] : []))));
  a.setAttribute("aria-activedescendant", list.id + "-0");
}

function chooseSnippet(pane, li) {
  const s = snippets.find((s) => s.id === li.dataset.id), at = typedName(textArea(composer(pane)));
  closeList(pane);
  if (s) insertSnippet(pane, s, at?.from);
}

export function openSnippets(pane) {
  const a = textArea(composer(pane));
  a.focus();
  if (typedName(a)) return showList(pane, typedName(a).name);
  const gap = a.selectionStart > 0 && !/\s$/.test(a.value.slice(0, a.selectionStart)) ? " " : "";
  a.setRangeText(gap + "/", a.selectionStart, a.selectionEnd, "end");
  showList(pane, "");
}

onTextInput(panes, (e) => {
  if (!e.target.matches("[data-composer] textarea")) return;
  const pane = e.target.closest(".pane"), at = typedName(e.target);
  if (at && (snippets.length || pane.querySelector(".snippets"))) showList(pane, at.name);
  else closeList(pane);
});
panes.addEventListener("focusout", (e) => { if (e.target.matches("[data-composer] textarea")) closeList(e.target.closest(".pane")); });
panes.addEventListener("keydown", (e) => { // captured: before the composer handles Enter
  const list = e.target.matches("[data-composer] textarea") && e.target.form.querySelector(".snippets");
  if (!list) return;
  const items = all("li", list), at = items.findIndex((li) => li.getAttribute("aria-selected") === "true");
  const pane = e.target.closest(".pane");
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    const to = (at + (e.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
    items.forEach((li, i) => li.setAttribute("aria-selected", String(i === to)));
    e.target.setAttribute("aria-activedescendant", items[to].id);
    items[to].scrollIntoView({ block: "nearest" });
  } else if ((e.key === "Enter" || e.key === "Tab") && !e.shiftKey) chooseSnippet(pane, items[at]);
  else if (e.key === "Escape") closeList(pane);
  else return;
  e.preventDefault();
  e.stopImmediatePropagation();
}, true);

// A reply that is nothing but /name was probably meant to insert a snippet.
addCheck((pane, text) => {
  const name = /^\/([\p{L}\p{N}_-]+)$/u.exec(text.trim())?.[1];
  if (!name) return "";
  const there = usable(pane).some((s) => s.name === name.toLowerCase());
  return (there ? "The snippet /" + name + " has not been inserted." : "There is no snippet /" + name + ".") + " Press Enter again to send it as typed.";
});
