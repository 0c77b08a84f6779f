// Drafts by the language model, for the agent to edit and send. They are shown while they are written, and never sent automatically.
import { $, composer, conversationURL, element, showError, textArea } from "./dom.js";
import { getText, request } from "./requests.js";
import { inFocus } from "./panes.js";
import { insert, setMode } from "./composer.js";

const running = new Map(); // conversation id to the AbortController of its request

// Requests drafts and calls onLine with each line of the answer: the whole state of one draft so far (kind, text, done), or a status (say).
async function stream(pane, address, body, onLine) {
  const id = pane.dataset.conversation;
  running.get(id)?.abort();
  const stop = new AbortController();
  running.set(id, stop);
  try {
    const res = await request(conversationURL(pane) + address, { method: "POST", body: new URLSearchParams(body), signal: stop.signal });
    if (!res.ok) throw new Error((await res.json().catch(() => null))?.message || "The draft couldn’t be created. Try again.");
    const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) break;
      rest += value;
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const l of lines) if (l) onLine(JSON.parse(l));
    }
  } catch (e) {
    if (e.name !== "AbortError") showError(e.message || "The server can’t be reached. Try again in a moment.");
  } finally {
    if (running.get(id) === stop) running.delete(id);
  }
}

const lastMessageID = (pane) => [...pane.querySelectorAll(".message.visitor")].at(-1)?.id;

const labels = { short: "Short", thorough: "Detailed", clarifying: "Ask a clarifying question", rewrite: "Rewritten", translate: "Translated", summary: "Summary" };

function showDraft(box, d) {
  let e = box.querySelector(`[data-draft="${d.kind}"]`);
  if (!e) {
    e = element("article", { class: "draft", "data-draft": d.kind },
      element("h4", {}, labels[d.kind] || d.kind), element("p", { class: "text" }), element("p", { class: "from" }),
      element("p", { class: "buttons" }, element("button", { type: "button", "data-insert": "" }, "Insert")));
    box.append(e);
  }
  e.querySelector(".text").textContent = d.text;
  e.querySelector(".from").textContent = (d.used?.length ? "Source: " + d.used.map((u) => u.question).join(" · ") : "") + (d.warning ? " " + d.warning : "");
  e.origin = d.used?.[0];
  e.classList.toggle("coming", !d.done);
}

export function requestDrafts(pane, automatic = "") {
  const first = $("drafts-" + pane.dataset.conversation)?.querySelector(".draft [data-insert]");
  if (!automatic && first && !running.has(pane.dataset.conversation) && !first.closest(".drafts").contains(document.activeElement) && first.closest(".drafts").seq === lastMessageID(pane) && !first.closest(".drafts").querySelector(".coming")) {
    return first.focus(); // the drafts are there: arrow keys choose, Enter inserts
  }
  const box = $("drafts-" + pane.dataset.conversation);
  if (!box) return automatic || showError("The details couldn’t be loaded. Try again."); // automatic: while it is closed
  box.seq = lastMessageID(pane);
  const status = element("p", { class: "saying" }, "Writing… ", element("button", { type: "button", class: "quiet", "data-stop": "" }, "Stop"));
  box.replaceChildren(status);
  box.setAttribute("aria-busy", "true");
  stream(pane, "/drafts", { automatic, typed: textArea(composer(pane)).value }, (d) => {
    if (d.kind) showDraft(box, d);
    if (d.say) status.firstChild.textContent = d.say + " ";
  }).finally(() => {
    box.removeAttribute("aria-busy");
    status.querySelector("button")?.remove();
    if (/^Writing/.test(status.textContent)) status.remove();
  });
}

// Rewords the text in the composer (shorter, friendlier, translated), translates the visitor's last message, or summarizes the conversation.
export function reword(pane, change) {
  const box = $("drafts-" + pane.dataset.conversation);
  let text = textArea(composer(pane)).value;
  if (change === "mine") {
    text = [...pane.querySelectorAll(".message.visitor .body")].at(-1)?.innerText || "";
    change = "to:" + navigator.language;
  }
  if (change !== "summary" && !text.trim()) return showError("Nothing to rewrite yet. Write your reply first.");
  box.replaceChildren();
  stream(pane, "/reword", { how: change, text }, (d) => {
    if (d.kind) showDraft(box, d);
    if (d.say) showError(d.say);
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
  if (!pane || !composer(pane)) return; // removed, or not loaded yet
  if (e.target.closest("[data-stop]")) running.get(pane.dataset.conversation)?.abort();
  const put = e.target.closest("[data-insert]");
  if (put) {
    const d = put.closest(".draft"), form = composer(pane);
    const note = d.dataset.draft === "summary";
    if (note !== (form.mode === "note") && !form.notesOnly) setMode(form, note ? "note" : "text");
    insert(form, d.querySelector(".text").textContent, { replace: /rewrite|translate/.test(d.dataset.draft), origin: d.origin && { entry: d.origin.id, for: d.origin.for || "", how: "draft" } });
    textArea(form).focus();
  }
  const how = e.target.closest("[data-reword]");
  if (how) reword(pane, how.dataset.reword);
  if (e.target.closest('[data-do="modelInput"]')) {
    const text = await getText(conversationURL(pane) + "/drafts/sent");
    if (text === null) return;
    const box = $("drafts-" + pane.dataset.conversation);
    box.replaceChildren(element("pre", { class: "model-input", tabindex: "0" }, text));
  }
});

// Requests drafts for the pane in focus without being asked, where the organization wants it and no FAQ entry is suggested.
export function draftAutomatically(pane) {
  if (!document.body.dataset.automatic || pane !== inFocus() || pane.querySelector(".suggestions ol")) return;
  const last = [...pane.querySelectorAll(".message.visitor, .message.agent")].at(-1);
  if (!last?.matches(".visitor") || pane.drafted === last.id || textArea(composer(pane)).value.trim()) return;
  pane.drafted = last.id;
  setTimeout(() => { // suggestions arrive shortly after their message
    if (!pane.querySelector(".suggestions ol") && pane === inFocus()) requestDrafts(pane, "yes");
  }, 800);
}
