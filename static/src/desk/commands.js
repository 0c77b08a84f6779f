// Commands: each has a name, a key that can be changed, a place in the palette, and shows its key where it can be clicked.
import { $, all, area, composer, line, mine, panes, told } from "./dom.js";
import { before, columnsBy, focus, inFocus, neighbour, paneOf, urgent } from "./panes.js";
import { edit, forget, keep, kind, sendAndNext, undo } from "./composer.js";
import { keepEntry, nth, sendNow, use, wrong } from "./suggest.js";
import { emoji, format } from "./format.js";
import { choose } from "./files.js";
import { openSnippets, snippetFor } from "./snippets.js";
import { help, palette } from "./palette.js";
import { reach, showAside } from "./aside.js";
import { draft } from "./drafts.js";
import { isLight, load } from "./loading.js";
import { arrange } from "./panes.js";

export const commands = told("commands", []);
const mac = /Mac|iPhone|iPad/.test(navigator.platform);
export const spoken = (keys) => (mac ? keys.replace("Ctrl", "⌘").replace("Alt", "⌥").replace("Shift", "⇧").replaceAll("+", "") : keys.replaceAll("+", " ").replace("Arrow", ""));
export const label = (id) => spoken(commands.find((c) => c.id === id)?.keys || "");

const here = (f) => async () => {
  const pane = inFocus();
  if (!isLight(pane)) return pane && f(pane, composer(pane));
  const whole = await load(pane);
  if (whole && whole === inFocus()) f(whole, composer(whole));
};
const go = (entry) => { const pane = paneOf(entry); if (pane) focus(pane); };
const does = {
  urgent: () => go(urgent()),
  down: () => go(neighbour(1)),
  up: () => go(neighbour(-1)),
  previous: () => before() && focus(before()),
  sendnext: here(sendAndNext),
  take: () => $("take-next").click(),
  accept: () => line.querySelector(".offered button")?.click(),
  decline: () => line.querySelector(".offered .decline")?.click(),
  wrong: here((pane) => wrong(pane, nth(pane, 0))),
  look: here((pane) => reach(pane, ".look input")),
  keep: here((pane) => keepEntry(pane)),
  drafts: here((pane) => { showAside(true); draft(pane); }),
  snippets: here((pane) => openSnippets(pane)),
  note: here((pane, form) => { kind(form, form.mode === "note" ? "text" : "note"); keep(pane); area(form).focus(); }),
  edit: here((pane) => edit(pane)),
  undo: here((pane, form) => undo(form)),
  hand: here((pane) => { const hand = pane.querySelector("[data-hand]"); hand.open = !hand.open; if (!hand.open) area(composer(pane)).focus(); }),
  over: here((pane) => pane.querySelector("[data-over]")?.click()),
  close: here((pane) => pane.querySelector(".close button").click()),
  remove: () => inFocus()?.querySelector("[data-dismiss]")?.click(),
  tag: here((pane) => reach(pane, ".tags input")),
  aside: () => showAside(),
  file: here((pane) => choose(pane)),
  emoji: here((pane) => emoji(pane)),
  more: () => columnsBy(1),
  fewer: () => columnsBy(-1),
  away: () => {
    const status = $("status");
    status.value = status.value === "online" ? "away" : "online";
    status.dispatchEvent(new Event("change", { bubbles: true }));
  },
  palette,
  help,
};
for (const n of [1, 2, 3]) {
  does["use" + n] = here((pane) => use(pane, nth(pane, n - 1)));
  does["send" + n] = here((pane) => sendNow(pane, nth(pane, n - 1)));
}
for (const what of ["bold", "italic", "link", "list"]) does[what] = here((pane) => format(pane, what));

export const run = (id) => does[id]?.();

// The combination of a key press in the form in which keys are kept; by the key's place for letters and digits, so that Alt and
// Shift do not change which it is.
function pressed(e) {
  const key = /^(?:Key|Digit)(.)$/.exec(e.code)?.[1] || e.key;
  return [(mac ? e.metaKey : e.ctrlKey) && "Ctrl", e.altKey && "Alt", e.shiftKey && "Shift", key].filter(Boolean).join("+");
}

addEventListener("keydown", (e) => {
  if (document.querySelector("dialog[open]")) return;
  if (e.key.length === 1 && e.getModifierState?.("AltGraph")) return; // AltGr types characters
  const keys = pressed(e);
  const digit = /^Alt\+([1-9])$/.exec(keys);
  const command = commands.find((c) => c.keys === keys);
  if (command && /^(bold|italic|link|list)$/.test(command.id) && !document.activeElement.matches("[data-composer] textarea")) return;
  const act = command ? () => run(command.id) : digit ? () => mine.children[digit[1] - 1]?.querySelector("button").click() : snippetFor(keys);
  if (act) { e.preventDefault(); act(); return; }
  if (e.key === "?" && !e.target.matches("input, textarea, select")) { e.preventDefault(); help(); }
});

// The keys are shown where their commands are clicked.
export function showKeys(root = document) {
  for (const e of all("[data-keys-of]:empty", root)) e.textContent = label(e.dataset.keysOf);
  for (const e of all("[data-key]:not([aria-keyshortcuts])", root)) {
    const c = commands.find((c) => c.id === e.dataset.key);
    if (!c) continue;
    e.title = c.label + (c.keys ? " (" + spoken(c.keys) + ")" : "");
    e.setAttribute("aria-keyshortcuts", c.keys.replace("Ctrl", mac ? "Meta" : "Control"));
  }
}
new MutationObserver((changes) => {
  for (const c of changes) for (const node of c.addedNodes) if (node.querySelectorAll && !node.matches(".message")) showKeys(node.matches("[data-key], [data-keys-of]") ? node.parentNode : node);
}).observe(document.body, { childList: true, subtree: true });

document.addEventListener("click", (e) => {
  const to = e.target.closest("[data-pane]");
  if (to && $(to.dataset.pane)) focus($(to.dataset.pane));
  const b = e.target.closest("[data-kind]");
  if (b) { kind(b.form, b.dataset.kind); keep(b.closest(".pane")); area(b.form).focus(); }
  const act = e.target.closest("[data-do]");
  if (act) {
    const pane = act.closest(".pane");
    if (pane && pane !== inFocus()) focus(pane, false);
    if (act.closest(".menu")) act.closest(".menu").open = false;
    run(act.dataset.do);
  }
  const more = e.target.closest("[data-more]");
  if (more) menuOf(more);
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

// What can be done with a reply.
function menuOf(button) {
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
  item("Save as FAQ entry", () => keepEntry(pane, seq));
  if (last) item("Change or take back", () => edit(pane, seq));
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

// Handing over: the form is fetched when it is opened, so that it knows who is there.
panes.addEventListener("toggle", (e) => {
  if (!e.target.matches("[data-hand]")) return;
  const form = e.target.querySelector("[hx-get]");
  if (e.target.open) htmx.trigger(form, "open");
  else form.replaceChildren();
}, true);
panes.addEventListener("keydown", (e) => {
  const hand = e.key === "Escape" && e.target.closest("[data-hand]");
  if (hand) { hand.open = false; area(composer(hand.closest(".pane"))).focus(); }
});
