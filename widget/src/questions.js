// The questions before the chat. What was answered before is not asked again.
import styled from "./styled.js";
import more from "./texts/more.js";

export default async function questions({ ahead, draft, drawState, fill, input: composer, json, make, memory, plain, root, save, speaks, texts: words, website }, then) {
  const texts = { ...more, ...words }, known = (memory().answers || []).map((a) => a.label);
  const list = website.questions.filter((q) => !known.includes(q.label) && !(q.kind === "email" && memory().email));
  if (!list.length) return then();
  await styled(root, website);
  if (ahead.childElementCount) return;
  const form = make("form", "questions");
  const fields = list.map((q, i) => {
    let input;
    if (q.kind === "choice") {
      input = make("select", "", new Option(texts.choose, ""), ...q.choices.map((c) => new Option(c, c)));
    } else {
      input = make("input");
      input.type = { email: "email", consent: "checkbox" }[q.kind] || "text";
      if (q.kind === "email" || q.kind === "name") input.autocomplete = q.kind;
    }
    input.id = "q" + i;
    const text = make("label", "", q.label + (q.required ? " *" : ""));
    text.htmlFor = input.id;
    if (q.link) {
      const a = make("a", "", "↗");
      a.href = q.link;
      a.target = "_blank";
      a.rel = "noopener";
      a.setAttribute("aria-label", q.label);
      text.append(" ", a);
    }
    const problem = make("small", "problem");
    problem.id = "p" + i;
    input.setAttribute("aria-describedby", problem.id);
    if (q.required) input.setAttribute("aria-required", "true");
    form.append(make("div", q.kind === "consent" ? "question consent" : "question", ...(q.kind === "consent" ? [input, text] : [text, input]), problem));
    return { q, input, problem };
  });
  const number = (n) => new Intl.NumberFormat(speaks).format(n), kept = "questions"; // what is typed survives the page
  try {
    const typed = JSON.parse(draft(kept)) || {};
    for (const { q, input } of fields) if (typed[q.label]) input[q.kind === "consent" ? "checked" : "value"] = typed[q.label];
  } catch { /* nothing is there */ }
  form.addEventListener("input", () => draft(kept, json(Object.fromEntries(fields.map(({ q, input }) => [q.label, q.kind === "consent" ? input.checked : input.value])))));
  form.noValidate = true;
  form.append(make("button", "send", texts.begin));
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    let first;
    const answers = [];
    for (const { q, input, problem } of fields) {
      const value = q.kind === "consent" ? (input.checked ? "✓" : "") : plain(input.value), n = [...value].length, most = q.kind === "name" ? 100 : 300;
      const wrong = q.required && !value ? texts.required : n > most && q.kind !== "choice" ? fill(texts.too_long, { n: number(n), most: number(most) }) : q.kind === "email" && value && !input.validity.valid ? texts.address : "";
      problem.textContent = wrong;
      input.setAttribute("aria-invalid", String(!!wrong));
      if (wrong) first ||= input;
      if (value) answers.push({ kind: q.kind, label: q.label, value });
    }
    if (first) return first.focus();
    form.remove();
    draft(kept, "");
    save((m) => { m.answers = [...(m.answers || []), ...answers]; for (const a of answers) if (a.kind === "email") m.email = a.value; });
    then();
    composer.focus();
  });
  const held = root.activeElement === composer;
  ahead.append(form);
  drawState();
  if (held) form.querySelector("input, select").focus();
}
