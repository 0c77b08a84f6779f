// The pre-chat form. Questions that were answered before are not asked again.
import loadStyles from "./lazyStyles.js";
import more from "./texts/more.js";

export default async function showQuestions({ preChat, draft, renderState, fillIn, input: composer, stringify, element, stored, normalizeText, root, update, locale, texts: words, website }, done) {
  const texts = { ...more, ...words }, answered = (stored().answers || []).map((a) => a.label);
  const list = website.questions.filter((q) => !answered.includes(q.label) && !(q.kind === "email" && stored().email));
  if (!list.length) return done();
  await loadStyles(root, website);
  if (preChat.childElementCount) return;
  const form = element("form", "questions");
  const fields = list.map((q, i) => {
    let input;
    if (q.kind === "choice") {
      input = element("select", "", new Option(texts.choose, ""), ...q.choices.map((c) => new Option(c, c)));
    } else {
      input = element("input");
      input.type = { email: "email", consent: "checkbox" }[q.kind] || "text";
      if (q.kind === "email" || q.kind === "name") input.autocomplete = q.kind;
    }
    input.id = "q" + i;
    const text = element("label", "", q.label + (q.required ? " *" : ""));
    text.htmlFor = input.id;
    if (q.link) {
      const a = element("a", "", "↗");
      a.href = q.link;
      a.target = "_blank";
      a.rel = "noopener";
      a.setAttribute("aria-label", q.label);
      text.append(" ", a);
    }
    const problem = element("small", "problem");
    problem.id = "p" + i;
    input.setAttribute("aria-describedby", problem.id);
    if (q.required) input.setAttribute("aria-required", "true");
    form.append(element("div", q.kind === "consent" ? "question consent" : "question", ...(q.kind === "consent" ? [input, text] : [text, input]), problem));
    return { q, input, problem };
  });
  const number = (n) => new Intl.NumberFormat(locale).format(n), draftName = "questions"; // answers are stored while they are typed
  try {
    const typed = JSON.parse(draft(draftName)) || {};
    for (const { q, input } of fields) if (typed[q.label]) input[q.kind === "consent" ? "checked" : "value"] = typed[q.label];
  } catch { /* nothing is stored */ }
  form.addEventListener("input", () => draft(draftName, stringify(Object.fromEntries(fields.map(({ q, input }) => [q.label, q.kind === "consent" ? input.checked : input.value])))));
  form.noValidate = true;
  form.append(element("button", "send", texts.begin));
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    let first;
    const answers = [];
    for (const { q, input, problem } of fields) {
      const value = q.kind === "consent" ? (input.checked ? "✓" : "") : normalizeText(input.value), n = [...value].length, maxLength = q.kind === "name" ? 100 : 300;
      const error = q.required && !value ? texts.required : n > maxLength && q.kind !== "choice" ? fillIn(texts.too_long, { n: number(n), most: number(maxLength) }) : q.kind === "email" && value && !input.validity.valid ? texts.address : "";
      problem.textContent = error;
      input.setAttribute("aria-invalid", String(!!error));
      if (error) first ||= input;
      if (value) answers.push({ kind: q.kind, label: q.label, value });
    }
    if (first) return first.focus();
    form.remove();
    draft(draftName, "");
    update((m) => { m.answers = [...(m.answers || []), ...answers]; for (const a of answers) if (a.kind === "email") m.email = a.value; });
    done();
    composer.focus();
  });
  const hadFocus = root.activeElement === composer;
  preChat.append(form);
  renderState();
  if (hadFocus) form.querySelector("input, select").focus();
}
