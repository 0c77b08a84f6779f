// What the desk's commands do. Each can be run by its key, from the palette, and by elements with data-do.
import { $, all, composer, ownList, panes, queueList, textArea } from "./dom.js";
import { arrange, changeColumns, focusPane, inFocus, mostUrgent, neighbor, paneOf, previousPane } from "./panes.js";
import { edit, forget, save, sendAndNext, setMode, undo } from "./composer.js";
import { dismissSuggestion, insertSuggestion, nthSuggestion, saveAsEntry, sendSuggestion } from "./suggestions.js";
import { openEmoji, toggleFormat } from "./formatting.js";
import { chooseFiles } from "./attachments.js";
import { openSnippets, snippetFor } from "./snippets.js";
import { openHelp, openPalette } from "./palette.js";
import { focusField, openAside, showAside } from "./aside.js";
import { requestDrafts } from "./drafts.js";
import { commands, isMac, keyOf, pressed, readable, register, run } from "./keys.js";
import { load } from "./paneLoading.js";
import { isLight } from "./threads.js";

const inPane = (f) => async () => {
  const pane = inFocus();
  if (!isLight(pane)) return pane && f(pane, composer(pane));
  const whole = await load(pane);
  if (whole && whole === inFocus()) f(whole, composer(whole));
};
const focusEntry = (entry) => { const pane = paneOf(entry); if (pane) focusPane(pane); };
const actions = {
  urgent: () => focusEntry(mostUrgent()),
  down: () => focusEntry(neighbor(1)),
  up: () => focusEntry(neighbor(-1)),
  previous: () => previousPane() && focusPane(previousPane()),
  sendnext: inPane(sendAndNext),
  take: () => $("take-next").click(),
  accept: () => queueList.querySelector(".offered button")?.click(),
  decline: () => queueList.querySelector(".offered .decline")?.click(),
  wrong: inPane((pane) => dismissSuggestion(pane, nthSuggestion(pane, 0))),
  search: inPane((pane) => focusField(pane, ".faq-search input")),
  saveEntry: inPane((pane) => saveAsEntry(pane)),
  drafts: inPane(async (pane) => { await openAside(pane); requestDrafts(pane); }),
  snippets: inPane((pane) => openSnippets(pane)),
  note: inPane((pane, form) => { setMode(form, form.mode === "note" ? "text" : "note"); save(pane); textArea(form).focus(); }),
  edit: inPane((pane) => edit(pane)),
  undo: inPane((pane, form) => undo(form)),
  transfer: inPane((pane) => { const menu = pane.querySelector("[data-transfer]"); menu.open = !menu.open; if (!menu.open) textArea(composer(pane)).focus(); }),
  takeOver: inPane((pane) => pane.querySelector("[data-take-over]")?.click()),
  close: inPane((pane) => pane.querySelector(".close button").click()),
  dismiss: () => inFocus()?.querySelector("[data-dismiss]")?.click(),
  tag: inPane((pane) => focusField(pane, ".tags input")),
  aside: () => showAside(),
  file: inPane((pane) => chooseFiles(pane)),
  emoji: inPane((pane) => openEmoji(pane)),
  more: () => changeColumns(1),
  fewer: () => changeColumns(-1),
  away: () => {
    const status = $("status");
    status.value = status.value === "online" ? "away" : "online";
    status.dispatchEvent(new Event("change", { bubbles: true }));
  },
  palette: openPalette,
  help: openHelp,
};
for (const n of [1, 2, 3]) {
  actions["use" + n] = inPane((pane) => insertSuggestion(pane, nthSuggestion(pane, n - 1)));
  actions["send" + n] = inPane((pane) => sendSuggestion(pane, nthSuggestion(pane, n - 1)));
}
for (const what of ["bold", "italic", "link", "list"]) actions[what] = inPane((pane) => toggleFormat(pane, what));

register(actions);

addEventListener("keydown", (e) => {
  if (document.querySelector("dialog[open]")) return;
  if (e.key.length === 1 && e.getModifierState?.("AltGraph")) return; // AltGr types characters
  const keys = pressed(e);
  const digit = /^Alt\+([1-9])$/.exec(keys);
  const command = commands.find((c) => c.keys === keys);
  if (command && /^(bold|italic|link|list)$/.test(command.id) && !document.activeElement.matches("[data-composer] textarea")) return;
  const act = command ? () => run(command.id) : digit ? () => ownList.children[digit[1] - 1]?.querySelector("button").click() : snippetFor(keys);
  if (act) { e.preventDefault(); act(); return; }
  if (e.key === "?" && !e.target.matches("input, textarea, select")) { e.preventDefault(); openHelp(); }
});

// Shows the keys of commands on the elements that run them.
export function showKeys(root = document) {
  for (const e of all("[data-keys-of]:empty", root)) e.textContent = keyOf(e.dataset.keysOf);
  for (const e of all("[data-key]:not([aria-keyshortcuts])", root)) {
    const c = commands.find((c) => c.id === e.dataset.key);
    if (!c) continue;
    e.title = c.label + (c.keys ? " (" + readable(c.keys) + ")" : "");
    e.setAttribute("aria-keyshortcuts", c.keys.replace("Ctrl", isMac ? "Meta" : "Control"));
  }
}
new MutationObserver((changes) => {
  for (const c of changes) for (const node of c.addedNodes) if (node.querySelectorAll && !node.matches(".message")) showKeys(node.matches("[data-key], [data-keys-of]") ? node.parentNode : node);
}).observe(document.body, { childList: true, subtree: true });

document.addEventListener("click", (e) => {
  const to = e.target.closest("[data-pane]");
  if (to && $(to.dataset.pane)) focusPane($(to.dataset.pane));
  const b = e.target.closest("[data-kind]");
  if (b) { setMode(b.form, b.dataset.kind); save(b.closest(".pane")); textArea(b.form).focus(); }
  const act = e.target.closest("[data-do]");
  if (act) {
    const pane = act.closest(".pane");
    if (pane && pane !== inFocus()) focusPane(pane, false);
    if (act.closest(".menu")) act.closest(".menu").open = false;
    run(act.dataset.do);
  }
  const more = e.target.closest("[data-more]");
  if (more) openReplyMenu(more);
  if (e.target.closest("[data-back]")) document.body.classList.remove("talking");
  if (e.target.closest("[data-close-dialog]")) e.target.closest("dialog").close();
  const gone = e.target.closest("[data-dismiss]");
  if (gone) {
    const pane = gone.closest(".pane");
    forget(pane);
    pane.remove();
    arrange();
  }
});

// Opens the menu of a reply.
function openReplyMenu(button) {
  const pane = button.closest(".pane"), seq = button.closest("[data-seq]").dataset.seq;
  document.querySelector(".reply-menu")?.remove();
  const last = all(".message.agent", pane).at(-1)?.dataset.seq === seq;
  const menu = document.createElement("div");
  menu.className = "reply-menu";
  menu.setAttribute("role", "menu");
  const item = (text, f) => {
    const b = document.createElement("button");
    b.type = "button";
    b.setAttribute("role", "menuitem");
    b.textContent = text;
    b.addEventListener("click", () => { menu.remove(); f(); });
    menu.append(b);
  };
  item("Save as FAQ entry", () => saveAsEntry(pane, seq));
  if (last) item("Edit or delete", () => edit(pane, seq));
  button.after(menu);
  menu.firstElementChild.focus();
  const leave = (e) => { if (!menu.contains(e.target) && e.target !== button) { menu.remove(); removeEventListener("pointerdown", leave); } };
  addEventListener("pointerdown", leave);
  menu.addEventListener("keydown", (e) => {
    if (e.key === "Escape") { menu.remove(); button.focus(); }
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      (e.target.nextElementSibling || menu.firstElementChild).focus();
    }
  });
}

// The transfer form is loaded whenever it is opened, so that it shows who is available now.
panes.addEventListener("toggle", (e) => {
  if (!e.target.matches("[data-transfer]")) return;
  const form = e.target.querySelector("[hx-get]");
  if (e.target.open) htmx.trigger(form, "open");
  else form.replaceChildren();
}, true);
panes.addEventListener("keydown", (e) => {
  const menu = e.key === "Escape" && e.target.closest("[data-transfer]");
  if (menu) { menu.open = false; textArea(composer(menu.closest(".pane"))).focus(); }
});
