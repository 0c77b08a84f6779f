// The questions before the chat. What is known already is not asked again.
import more from "./texts/more.js";

export default function questions({ make }, list, words, then) {
  const texts = { ...more, ...words };
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
    then(answers);
  });
  return form;
}
