// Drafts: written for the agent to edit and send, shown while they come, never sent by themselves.
import { $, area, composer, make, talk, trouble } from "./dom.js";
import { ask, request } from "./server.js";
import { inFocus } from "./panes.js";
import { insert, kind } from "./composer.js";

const running = new Map(); // conversation to what stops it

// Lines of JSON: each is a whole state of one draft, or a word about all of them.
async function stream(pane, address, body, heard) {
  const id = pane.dataset.conversation;
  running.get(id)?.abort();
  const stop = new AbortController();
  running.set(id, stop);
  try {
    const res = await request(talk(pane) + address, { method: "POST", body: new URLSearchParams(body), signal: stop.signal });
    if (!res.ok) throw new Error((await res.json().catch(() => null))?.message || "The draft could not be made. Please try again.");
    const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) break;
      rest += value;
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const l of lines) if (l) heard(JSON.parse(l));
    }
  } catch (e) {
    if (e.name !== "AbortError") trouble(e.message || "The server cannot be reached. Please try again in a moment.");
  } finally {
    if (running.get(id) === stop) running.delete(id);
  }
}

const lastOf = (pane) => [...pane.querySelectorAll(".message.visitor")].at(-1)?.id;

const names = { short: "Short", thorough: "Thorough", clarifying: "Ask back", rewrite: "Rewritten", translate: "Translated", summary: "Summary" };

function card(box, d) {
  let e = box.querySelector(`[data-draft="${d.kind}"]`);
  if (!e) {
    e = make("article", { class: "draft", "data-draft": d.kind },
      make("h4", {}, names[d.kind] || d.kind), make("p", { class: "text" }), make("p", { class: "from" }),
      make("p", { class: "buttons" }, make("button", { type: "button", "data-insert": "" }, "Insert")));
    box.append(e);
  }
  e.querySelector(".text").textContent = d.text;
  e.querySelector(".from").textContent = (d.used?.length ? "From: " + d.used.map((u) => u.question).join(" · ") : "") + (d.warning ? " " + d.warning : "");
  e.origin = d.used?.[0];
  e.classList.toggle("coming", !d.done);
}

export function draft(pane, automatic = "") {
  const first = $("drafts-" + pane.dataset.conversation)?.querySelector(".draft [data-insert]");
  if (!automatic && first && !running.has(pane.dataset.conversation) && !first.closest(".drafts").contains(document.activeElement) && first.closest(".drafts").seq === lastOf(pane) && !first.closest(".drafts").querySelector(".coming")) {
    return first.focus(); // asked for again: the arrows choose, Enter inserts
  }
  const box = $("drafts-" + pane.dataset.conversation);
  if (!box) { setTimeout(() => $("drafts-" + pane.dataset.conversation) && draft(pane, automatic), 300); return; }
  box.seq = lastOf(pane);
  const say = make("p", { class: "saying" }, "Writing… ", make("button", { type: "button", class: "quiet", "data-stop": "" }, "Stop"));
  box.replaceChildren(say);
  box.setAttribute("aria-busy", "true");
  stream(pane, "/drafts", { automatic, typed: area(composer(pane)).value }, (d) => {
    if (d.kind) card(box, d);
    if (d.say) say.firstChild.textContent = d.say + " ";
  }).finally(() => {
    box.removeAttribute("aria-busy");
    say.querySelector("button")?.remove();
    if (/^Writing/.test(say.textContent)) say.remove();
  });
}

// The same for the text that is being written: shorter, friendlier, translated; for the visitor's last message; for all of it.
export function reword(pane, how) {
  const box = $("drafts-" + pane.dataset.conversation);
  let text = area(composer(pane)).value;
  if (how === "mine") {
    text = [...pane.querySelectorAll(".message.visitor .body")].at(-1)?.innerText || "";
    how = "to:" + navigator.language;
  }
  if (how !== "summary" && !text.trim()) return trouble("Write something first; then it can be reworded.");
  box.replaceChildren();
  stream(pane, "/reword", { how, text }, (d) => {
    if (d.kind) card(box, d);
    if (d.say) trouble(d.say);
  });
}

const aside = $("aside");
aside.addEventListener("keydown", (e) => {
  if (!e.target.matches(".draft [data-insert]") || !/^Arrow(Up|Down)$/.test(e.key)) return;
  const all = [...e.target.closest(".drafts").querySelectorAll("[data-insert]")], at = all.indexOf(e.target);
  all[(at + (e.key === "ArrowDown" ? 1 : -1) + all.length) % all.length].focus();
  e.preventDefault();
});
aside.addEventListener("click", async (e) => {
  const about = e.target.closest("[data-about]"), pane = about && $("pane-" + about.dataset.about);
  if (!pane || !composer(pane)) return; // gone, or not loaded yet
  if (e.target.closest("[data-stop]")) running.get(pane.dataset.conversation)?.abort();
  const put = e.target.closest("[data-insert]");
  if (put) {
    const d = put.closest(".draft"), form = composer(pane);
    const note = d.dataset.draft === "summary";
    if (note !== (form.mode === "note") && !form.mute) kind(form, note ? "note" : "text");
    insert(form, d.querySelector(".text").textContent, { replace: /rewrite|translate/.test(d.dataset.draft), origin: d.origin && { entry: d.origin.id, for: d.origin.for || "", how: "draft" } });
    area(form).focus();
  }
  const how = e.target.closest("[data-reword]");
  if (how) reword(pane, how.dataset.reword);
  if (e.target.closest('[data-do="sent"]')) {
    const text = await ask(talk(pane) + "/drafts/sent");
    if (text === null) return;
    const box = $("drafts-" + pane.dataset.conversation);
    box.replaceChildren(make("pre", { class: "leaves", tabindex: "0" }, text));
  }
});

// Where no suggestion is sure and the organization wants it, drafts come by themselves for the pane that is looked at.
export function automatic(pane) {
  if (!document.body.dataset.automatic || pane !== inFocus() || pane.querySelector(".suggestions ol")) return;
  const last = [...pane.querySelectorAll(".message.visitor, .message.agent")].at(-1);
  if (!last?.matches(".visitor") || pane.drafted === last.id || area(composer(pane)).value.trim()) return;
  pane.drafted = last.id;
  setTimeout(() => { // suggestions come right after their message
    if (!pane.querySelector(".suggestions ol") && pane === inFocus()) draft(pane, "yes");
  }, 800);
}
