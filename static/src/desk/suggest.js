// Suggestions: one key puts an entry into the composer, another sends it; a wrong one is dismissed. What is sent says from
// which entry it came, so that the next suggestions are better.
import { $, all, area, composer, onTyped, panes, talk } from "./dom.js";
import { ask } from "./server.js";
import { inFocus, thread } from "./panes.js";
import { insert, kind, send, tooLong } from "./composer.js";
import { label } from "./commands.js";

const list = (pane) => all(".suggestions li", pane);

// What does not change is added here, so that a message costs little: the key, the way to dismiss. A reply ends the list.
export function dressed(pane) {
  const ol = pane.querySelector(".suggestions ol");
  if (!ol) return;
  const answered = all(".message.agent", thread(pane)).filter((m) => !m.querySelector(".erased")).at(-1);
  if (answered && +answered.dataset.seq > +ol.dataset.for) return ol.remove();
  all("li", ol).forEach((li, i) => {
    let key = li.querySelector("kbd");
    if (!key) {
      key = document.createElement("kbd");
      const sure = li.querySelector("i"), use = li.querySelector("button");
      sure.title = "How sure: " + sure.textContent + " of 100";
      use.prepend(key);
      const no = document.createElement("button");
      no.type = "button";
      no.className = "wrong";
      no.textContent = "×";
      no.setAttribute("aria-label", "Wrong here: " + use.querySelector("b").textContent);
      no.title = "Wrong here; the next suggestions learn from it";
      li.append(no);
    }
    key.textContent = label("use" + (i + 1)) || i + 1;
  });
}

async function entry(pane, li, how) {
  const text = await ask(talk(pane) + "/faq/" + li.dataset.entry);
  if (text === null) return null;
  return { text, origin: { entry: li.dataset.entry, for: li.closest("[data-for]")?.dataset.for || "", how } };
}

// Inserts the n-th suggestion, from 0; or any entry of a list.
export async function use(pane, li, how = "") {
  if (!li) return;
  const found = await entry(pane, li, how);
  const form = found && pane.isConnected && composer(pane);
  if (!form) return;
  if (form.mode === "note" && !form.mute) kind(form, "text");
  insert(form, found.text, { origin: found.origin });
  if (pane === inFocus()) area(form).focus();
}
export async function sendNow(pane, li) {
  if (!li) return;
  const form = composer(pane), found = await entry(pane, li, "");
  if (!found || form.mute) return;
  if (tooLong(form, found.text)) { // not to be sent as it is: where it can be shortened
    kind(form, "text");
    insert(form, found.text, { origin: found.origin });
    return void send(form);
  }
  const mode = form.mode, before = area(form).value, editing = form.editing, origin = form.origin;
  kind(form, "text"); // what is being written stays
  form.editing = undefined;
  send(form, found.text, found.origin);
  area(form).value = before;
  form.editing = editing;
  form.origin = origin;
  kind(form, mode);
}
export async function wrong(pane, li) {
  if (!li) return;
  const html = await ask(talk(pane) + "/faq/" + li.dataset.entry + "/dismiss", { method: "POST", body: new URLSearchParams({ for: li.closest("[data-for]").dataset.for }) });
  if (html === null) return;
  const box = new DOMParser().parseFromString(html, "text/html");
  $("suggest-" + pane.dataset.conversation).replaceChildren(...box.querySelectorAll("ol"));
  dressed(pane);
}
export const nth = (pane, n) => list(pane)[n];

panes.addEventListener("click", (e) => {
  const li = e.target.closest(".suggestions li");
  if (!li) return;
  const pane = li.closest(".pane");
  if (e.target.closest(".wrong")) wrong(pane, li);
  else if (e.target.closest("button")) e.shiftKey ? sendNow(pane, li) : use(pane, li);
});

// The column beside: what was looked for, while it is typed.
let looking;
onTyped($("aside"), (e) => {
  if (!e.target.matches(".look input")) return;
  const pane = $("pane-" + e.target.closest("[data-about]").dataset.about);
  clearTimeout(looking);
  looking = setTimeout(() => htmx.ajax("GET", talk(pane) + "/faq?q=" + encodeURIComponent(e.target.value), { source: e.target, swap: "none" }), 120);
});
$("aside").addEventListener("click", (e) => {
  const li = e.target.closest(".found li");
  const pane = li && $("pane-" + li.closest("[data-about]").dataset.about);
  if (pane) use(pane, li, "picked");
});
$("aside").addEventListener("keydown", (e) => {
  const search = e.target.matches(".look input");
  if (!search && !e.target.closest(".found")) return;
  const about = e.target.closest("[data-about]"), items = all(".found button", about), at = items.indexOf(document.activeElement);
  if (e.key === "ArrowDown") items[Math.min(at + 1, items.length - 1)]?.focus();
  else if (e.key === "ArrowUp") at > 0 ? items[at - 1].focus() : about.querySelector(".look input").focus();
  else if (e.key === "Enter" && search) items[0]?.click();
  else return;
  e.preventDefault();
  e.stopPropagation();
});

// Save an answer as FAQ entry.
export function keepEntry(pane, seq) {
  const of = seq || all(".message.agent", thread(pane)).at(-1)?.dataset.seq;
  if (!of) return;
  const dialog = $("keeping");
  dialog.replaceChildren();
  htmx.ajax("GET", talk(pane) + "/keep?seq=" + of, { source: dialog, swap: "none" }).then(() => {
    if (dialog.firstElementChild) dialog.showModal();
  });
}
new MutationObserver(() => {
  if ($("keeping").querySelector("[data-finished]")) $("keeping").close();
}).observe($("keeping"), { childList: true, subtree: true });
