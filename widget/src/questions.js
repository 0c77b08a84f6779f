// The questions before the chat. What was answered before is not asked again.
import styled from "./styled.js";
import more from "./texts/more.js";

export default async function questions({ ahead, drawState, input: composer, make, memory, root, save, texts: words, website }, then) {
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
      if (q.kind !== "consent") input.maxLength = 300;
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
  form.noValidate = true;
  form.append(make("button", "send", texts.begin));
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    let first;
    const answers = [];
    for (const { q, input, problem } of fields) {
      const value = q.kind === "consent" ? (input.checked ? "✓" : "") : input.value.trim();
      const wrong = q.required && !value ? texts.required : q.kind === "email" && value && !input.validity.valid ? texts.address : "";
      problem.textContent = wrong;
      input.setAttribute("aria-invalid", String(!!wrong));
      if (wrong) first ||= input;
      if (value) answers.push({ kind: q.kind, label: q.label, value });
    }
    if (first) return first.focus();
    form.remove();
    save((m) => { m.answers = [...(m.answers || []), ...answers]; for (const a of answers) if (a.kind === "email") m.email = a.value; });
    then();
    composer.focus();
  });
  const held = root.activeElement === composer;
  ahead.append(form);
  drawState();
  if (held) form.querySelector("input, select").focus();
}
