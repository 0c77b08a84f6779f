// Suggested FAQ entries: one key inserts an entry into the composer, another sends it; a wrong one is dismissed. A reply names the entry it
// came from, from which the suggestions learn.
import { $, all, composer, conversationURL, onTextInput, panes, textArea } from "./dom.js";
import { getText } from "./requests.js";
import { inFocus } from "./panes.js";
import { thread } from "./threads.js";
import { insert, isTooLong, send, setMode } from "./composer.js";
import { keyOf } from "./keys.js";

const suggestionsOf = (pane) => all(".suggestions li", pane);

// Adds the keys and the buttons to dismiss, which the server leaves out to keep pushes small. Removes the list once there is a reply.
export function completeSuggestions(pane) {
  const ol = pane.querySelector(".suggestions ol");
  if (!ol) return;
  const answered = all(".message.agent", thread(pane)).filter((m) => !m.querySelector(".erased")).at(-1);
  if (answered && +answered.dataset.seq > +ol.dataset.for) return ol.remove();
  all("li", ol).forEach((li, i) => {
    let key = li.querySelector("kbd");
    if (!key) {
      key = document.createElement("kbd");
      const sure = li.querySelector("i"), useButton = li.querySelector("button");
      sure.title = "Confidence: " + sure.textContent + "%";
      useButton.prepend(key);
      const no = document.createElement("button");
      no.type = "button";
      no.className = "wrong";
      no.textContent = "×";
      no.setAttribute("aria-label", "Not relevant: " + useButton.querySelector("b").textContent);
      no.title = "Not relevant. Later suggestions learn from this.";
      li.append(no);
    }
    key.textContent = keyOf("use" + (i + 1)) || i + 1;
  });
}

async function fetchEntry(pane, li, how) {
  const text = await getText(conversationURL(pane) + "/faq/" + li.dataset.entry);
  if (text === null) return null;
  return { text, origin: { entry: li.dataset.entry, for: li.closest("[data-for]")?.dataset.for || "", how } };
}

// Inserts an entry of a list into the composer. how says in which other way than as a suggestion it was found.
export async function insertSuggestion(pane, li, how = "") {
  if (!li) return;
  const found = await fetchEntry(pane, li, how);
  const form = found && pane.isConnected && composer(pane);
  if (!form) return;
  if (form.mode === "note" && !form.notesOnly) setMode(form, "text");
  insert(form, found.text, { origin: found.origin });
  if (pane === inFocus()) textArea(form).focus();
}
export async function sendSuggestion(pane, li) {
  if (!li) return;
  const form = composer(pane), found = await fetchEntry(pane, li, "");
  if (!found || form.notesOnly) return;
  if (isTooLong(form, found.text)) { // inserted instead, to be shortened
    setMode(form, "text");
    insert(form, found.text, { origin: found.origin });
    return void send(form);
  }
  const mode = form.mode, before = textArea(form).value, editing = form.editing, origin = form.origin;
  setMode(form, "text"); // the text in the composer stays
  form.editing = undefined;
  send(form, found.text, found.origin);
  textArea(form).value = before;
  form.editing = editing;
  form.origin = origin;
  setMode(form, mode);
}
export async function dismissSuggestion(pane, li) {
  if (!li) return;
  const html = await getText(conversationURL(pane) + "/faq/" + li.dataset.entry + "/dismiss", { method: "POST", body: new URLSearchParams({ for: li.closest("[data-for]").dataset.for }) });
  if (html === null) return;
  const box = new DOMParser().parseFromString(html, "text/html");
  $("suggest-" + pane.dataset.conversation).replaceChildren(...box.querySelectorAll("ol"));
  completeSuggestions(pane);
}
export const nthSuggestion = (pane, n) => suggestionsOf(pane)[n];

panes.addEventListener("click", (e) => {
  const li = e.target.closest(".suggestions li");
  if (!li) return;
  const pane = li.closest(".pane");
  if (e.target.closest(".wrong")) dismissSuggestion(pane, li);
  else if (e.target.closest("button")) e.shiftKey ? sendSuggestion(pane, li) : insertSuggestion(pane, li);
});

// FAQ search in the side column, while it is typed.
let searchTimer;
onTextInput($("aside"), (e) => {
  if (!e.target.matches(".faq-search input")) return;
  const pane = $("pane-" + e.target.closest("[data-about]").dataset.about);
  clearTimeout(searchTimer);
  searchTimer = setTimeout(() => htmx.ajax("GET", conversationURL(pane) + "/faq?q=" + encodeURIComponent(e.target.value), { source: e.target, swap: "none" }), 120);
});
$("aside").addEventListener("click", (e) => {
  const li = e.target.closest(".found li");
  const pane = li && $("pane-" + li.closest("[data-about]").dataset.about);
  if (pane) insertSuggestion(pane, li, "picked");
});
$("aside").addEventListener("keydown", (e) => {
  const search = e.target.matches(".faq-search input");
  if (!search && !e.target.closest(".found")) return;
  const about = e.target.closest("[data-about]"), items = all(".found button", about), at = items.indexOf(document.activeElement);
  if (e.key === "ArrowDown") items[Math.min(at + 1, items.length - 1)]?.focus();
  else if (e.key === "ArrowUp") at > 0 ? items[at - 1].focus() : about.querySelector(".faq-search input").focus();
  else if (e.key === "Enter" && search) items[0]?.click();
  else return;
  e.preventDefault();
  e.stopPropagation();
});

// Opens the dialog that saves a reply, by default the last one, as an FAQ entry.
export function saveAsEntry(pane, seq) {
  const of = seq || all(".message.agent", thread(pane)).at(-1)?.dataset.seq;
  if (!of) return;
  const dialog = $("save-entry");
  dialog.replaceChildren();
  htmx.ajax("GET", conversationURL(pane) + "/entry?seq=" + of, { source: dialog, swap: "none" }).then(() => {
    if (dialog.firstElementChild) dialog.showModal();
  });
}
new MutationObserver(() => {
  if ($("save-entry").querySelector("[data-finished]")) $("save-entry").close();
}).observe($("save-entry"), { childList: true, subtree: true });
