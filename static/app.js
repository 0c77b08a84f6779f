// What every page of ours needs: times in the reader's manner, copying, asking before what cannot be undone, limits of characters, and
// that input methods have their keys for themselves.
(() => {
  const manner = { clock: { hour: "2-digit", minute: "2-digit" }, full: { dateStyle: "medium", timeStyle: "short" } };
  const format = {};
  for (const name in manner) format[name] = new Intl.DateTimeFormat(undefined, manner[name]);

  // While an input method composes, Enter, Escape, arrows and every other key are its own: no handler of ours hears of them. Safari sends
  // the Enter that ends a composition after it, with keyCode 229. A dead key waits for its letter; where nothing can be written it is one.
  const writable = (e) => e.isContentEditable || e.matches?.("input, textarea");
  const composing = (e) => e.isComposing || e.keyCode === 229 || e.key === "Process" || (e.key === "Dead" && writable(e.target));
  let its = false; // the last Escape was an input method's: it closes no dialog
  for (const type of ["keydown", "keypress", "keyup"]) {
    addEventListener(type, (e) => {
      const held = composing(e);
      if (type === "keydown") its = held && e.key === "Escape";
      if (held) e.stopImmediatePropagation();
    }, true);
  }
  document.addEventListener("cancel", (e) => {
    if (its) { e.preventDefault(); e.stopImmediatePropagation(); }
    its = false;
  }, true);

  // Limits (data-most, or maxlength, which is taken away because it cuts what is pasted): counted as the server counts, shown from nine
  // tenths on. What is too long is not sent.
  const figure = new Intl.NumberFormat("en-US");
  const characters = (text) => [...text.replace(/\r\n?/g, "\n").normalize("NFC").trim()].length;
  const unfit = (field) => characters(field.value) > +field.dataset.most;
  function count(field) {
    const most = +field.dataset.most, n = characters(field.value), over = n > most;
    let note = field.note?.isConnected ? field.note : null;
    if (!note) {
      if (n < most * 0.9) return;
      note = field.note = document.createElement("p");
      note.className = "characters";
      note.id = "count-" + (field.id || field.name);
      note.append(document.createElement("span"), " ", document.createElement("span"));
      note.lastChild.setAttribute("role", "status");
      field.after(note);
      field.setAttribute("aria-describedby", ((field.getAttribute("aria-describedby") || "") + " " + note.id).trim());
    }
    note.hidden = n < most * 0.9;
    note.firstChild.textContent = figure.format(n) + " of " + figure.format(most) + " characters" + (over ? "." : "");
    const words = over ? "Too long. Shorten it." : "";
    if (note.lastChild.textContent !== words) note.lastChild.textContent = words; // said once, not at every key
    note.classList.toggle("over", over);
    if (over) field.setAttribute("aria-invalid", "true");
    else if (field.over) field.removeAttribute("aria-invalid");
    field.over = over;
  }
  const limited = "[data-most]";
  for (const type of ["input", "recount", "change"]) document.addEventListener(type, (e) => { if (e.target.matches?.(limited)) count(e.target); });
  // The first field of a form that does not fit gets the focus, and the form stays. Composers say it in their own words.
  function stays(form) {
    const field = !form.matches("[data-composer]") && [...form.elements].find((f) => f.matches(limited) && unfit(f));
    if (!field) return false;
    count(field);
    field.focus();
    return true;
  }
  document.addEventListener("submit", (e) => {
    if (!stays(e.target)) return;
    e.preventDefault();
    e.stopImmediatePropagation();
  }, true);
  document.addEventListener("htmx:before:request", (e) => {
    const form = e.detail.ctx.sourceElement?.closest?.("form");
    if (form && stays(form)) e.preventDefault();
  });

  const times = (root) => {
    for (const e of root.querySelectorAll("time[data-time]")) {
      e.textContent = format[e.dataset.time].format(new Date(e.dateTime));
      delete e.dataset.time;
    }
  };

  document.addEventListener("click", async (e) => {
    const copy = e.target.closest("[data-copy]");
    if (copy) {
      const source = document.querySelector(copy.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
      } catch { // without TLS there is no clipboard: select, so that the keyboard can copy
        getSelection().selectAllChildren(source);
        copy.textContent = "Selected: press Ctrl+C";
        return;
      }
      copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = "Copy"; }, 2000);
    }
    const clear = e.target.closest("[data-clear]");
    if (clear) document.querySelector(clear.dataset.clear).replaceChildren();
  });

  document.addEventListener("submit", (e) => {
    const { confirm: ask, confirmIf: only } = e.submitter?.dataset || {};
    if (ask && (!only || document.querySelector(only)) && !confirm(ask)) e.preventDefault();
  });

  // How long somebody has waited: counted here, because the server says only since when.
  const waits = () => {
    for (const e of document.querySelectorAll("[data-wait]")) {
      const s = Math.max(0, Math.floor((Date.now() - e.dataset.wait) / 1000));
      const text = s < 3600 ? Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0") : s < 172800 ? Math.floor(s / 3600) + " h" : Math.floor(s / 86400) + " d";
      if (e.textContent !== text) e.textContent = text;
      e.classList.toggle("soon", s >= 60 && s < 180);
      e.classList.toggle("late", s >= 180);
    }
  };
  setInterval(() => { if (!document.hidden) waits(); }, 1000);
  let soon = false;
  document.addEventListener("htmx:after:swap", () => { // once for all that comes in before the next picture
    if (soon) return;
    soon = true;
    requestAnimationFrame(() => { soon = false; waits(); });
  });
  document.addEventListener("visibilitychange", waits);
  waits();

  // The part of a page that an address names is not sent to the server: the log-in takes it along here.
  const next = document.querySelector('form[action^="/login"] [name="next"]');
  if (next && location.hash && !next.value.includes("#")) next.value += location.hash;

  document.querySelector("[aria-invalid]")?.focus();
  const dress = (root) => {
    times(root);
    for (const field of root.querySelectorAll("[maxlength]")) {
      field.dataset.most = field.maxLength;
      field.removeAttribute("maxlength");
    }
    for (const field of root.querySelectorAll(limited)) if (field.value) count(field);
  };
  dress(document);
  new MutationObserver((changes) => {
    for (const c of changes) for (const node of c.addedNodes) if (node.querySelectorAll) dress(node);
  }).observe(document.body, { childList: true, subtree: true });
})();
