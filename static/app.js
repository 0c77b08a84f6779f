// What every page of ours needs: times in the reader's manner, copying, asking before what cannot be undone, limits of characters, input
// methods that have their keys for themselves, forms that lose nothing.
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

  const dress = (root) => {
    times(root);
    for (const field of root.querySelectorAll("[maxlength]")) {
      field.dataset.most = field.maxLength;
      field.removeAttribute("maxlength");
    }
    for (const field of root.querySelectorAll(limited)) if (field.value) count(field);
  };

  // What is typed into a form outlives an ended log-in, the back button, a reload, and the saving of another form of the page: the
  // tab stores the fields that were touched until the form is saved. Passwords and files are never stored.
  const edits = (() => {
    const user = document.body.dataset.user || "", prefix = "typed ";
    const hidden = (form, name) => form.querySelector(`input[type=hidden][name=${name}]`);
    const nameOf = (form) => prefix + (hidden(form, "_page")?.value || location.pathname).split("?")[0] + " " + (hidden(form, "_key")?.value || form.getAttribute("action") || "");
    const editable = (c) => c.name && !c.name.startsWith("_") && !c.disabled && !["hidden", "submit", "button", "image", "reset", "file", "password"].includes(c.type) &&
      c.tagName !== "BUTTON" && c.tagName !== "FIELDSET" && c.tagName !== "OUTPUT";
    const box = (c) => c.type === "checkbox" || c.type === "radio";
    const refused = (form) => form.querySelector("[data-refused], [data-stale]") !== null;
    const touched = (c) => refused(c.form) || (box(c) ? c.checked !== c.defaultChecked :
      c.tagName === "SELECT" ? [...c.options].some((o, i) => o.selected !== (c.hasAttribute("data-start") ? String(i) === c.dataset.start : o.defaultSelected)) : c.value !== c.defaultValue);
    const read = (key) => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } };
    const drop = (key) => { try { sessionStorage.removeItem(key); } catch { /* there is no storage */ } };
    const forms = () => [...document.querySelectorAll("form")].filter((f) => f.method === "post" && hidden(f, "_form") && !f.hasAttribute("data-unstored"));

    function fieldsOf(form) {
      const names = new Set(), fields = {};
      for (const c of form.elements) if (editable(c) && touched(c)) names.add(c.name);
      for (const c of form.elements) {
        if (!editable(c) || !names.has(c.name)) continue;
        const list = fields[c.name] ||= [];
        if (!box(c)) list.push(c.value);
        else if (c.checked) list.push(c.value);
      }
      return fields;
    }

    const filesOf = (form) => [...form.elements].some((c) => c.type === "file" && c.files.length > 0);

    function store(form) {
      const key = nameOf(form), fields = fieldsOf(form), files = filesOf(form);
      mark(form, Object.keys(fields).length > 0 || files);
      if (Object.keys(fields).length === 0 && !files) return drop(key);
      try {
        sessionStorage.setItem(key, JSON.stringify({ user, id: hidden(form, "_form").value, was: hidden(form, "_was")?.value || "", fields, files }));
      } catch { form.dataset.lost = ""; } // it does not fit: leaving the page asks first
    }

    const mark = (form, is) => form.toggleAttribute("data-unsaved", is);

    function fill(form, fields) {
      const at = {};
      for (const c of form.elements) {
        const values = editable(c) && fields[c.name];
        if (!values) continue;
        if (box(c)) {
          c.checked = values.includes(c.value);
          continue;
        }
        const value = values[at[c.name] = at[c.name] === undefined ? 0 : at[c.name] + 1];
        if (value !== undefined) c.value = value;
      }
    }

    function say(form, text) {
      if (form.querySelector(".restored")) return;
      const p = document.createElement("p"), b = document.createElement("button");
      p.className = "notice restored";
      p.setAttribute("role", "status");
      p.append(text + " ");
      b.type = "button";
      b.className = "quiet";
      b.textContent = "Discard";
      b.addEventListener("click", () => { drop(nameOf(form)); form.dataset.sending = ""; location.assign(hidden(form, "_page")?.value || location.pathname); });
      p.append(b);
      form.prepend(p);
    }

    // Under what the page says was saved: what was not, as its form may be out of view.
    function remind() {
      const saved = [...document.querySelectorAll("main .notice.good[role=status]")].find((n) => !n.closest(".restored"));
      if (!saved) return;
      for (const form of forms()) {
        if (!form.querySelector(".restored") || form.contains(saved)) continue;
        const before = (h, x) => h.compareDocumentPosition(x) & Node.DOCUMENT_POSITION_FOLLOWING;
        const first = [...form.elements].find(editable);
        const heading = [...document.querySelectorAll("main h1, main h2, main h3, main summary strong")].filter((h) => before(h, first || form) && (!h.closest("details, form") || h.closest("form") === form || h.closest("details")?.contains(form))).pop();
        const target = form.querySelector(".restored"), p = document.createElement("p"), a = document.createElement("a");
        target.id ||= "unsaved-" + forms().indexOf(form);
        p.className = "notice unsaved";
        p.setAttribute("role", "status");
        a.href = "#" + target.id;
        a.textContent = "Not saved yet: " + (heading?.textContent.trim() || "changes on this page");
        a.addEventListener("click", () => { for (let d = form.closest("details"); d; d = d.parentElement.closest("details")) d.open = true; });
        p.append(a);
        saved.after(p);
      }
    }

    // Nobody finds what somebody else has typed.
    const forget = (which) => {
      try {
        for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix) && which(read(key) || {})) drop(key);
      } catch { /* there is no storage */ }
    };
    if (user) forget((x) => x.user && x.user !== user);

    // Those that the server has saved need not be stored any more.
    const dropSaved = () => { for (const c of document.cookie.split("; ")) {
      if (!c.startsWith("saved-")) continue;
      const id = c.slice(6).split("=")[0];
      try {
        for (const key of Object.keys(sessionStorage)) {
          const x = key.startsWith(prefix) && read(key);
          if (!x || x.id.toLowerCase().replace(/[^0-9a-z]/g, "").slice(0, 32) !== id) continue;
          drop(key);
          document.cookie = c.split("=")[0] + "=; path=/; max-age=0";
        }
      } catch { /* there is no storage */ }
    } };
    dropSaved();

    function restore() {
      for (const form of forms()) {
        for (const c of form.elements) if (c.tagName === "SELECT" && ![...c.options].some((o) => o.defaultSelected)) c.dataset.start = "0";
        const x = read(nameOf(form));
        if (!x) { store(form); continue; }
        if (x.user !== user) { drop(nameOf(form)); continue; }
        if (!refused(form)) fill(form, x.fields);
        if (!refused(form) && Object.keys(fieldsOf(form)).length > 0) {
          if (x.was && hidden(form, "_was")) hidden(form, "_was").value = x.was;
          for (const c of form.elements) if (editable(c) && x.fields[c.name]) c.closest("details")?.setAttribute("open", "");
          say(form, "Unsaved changes restored." + (x.files ? " Choose the file again." : ""));
        } else if (!refused(form) && x.files) {
          say(form, "Choose the file again: files are not stored.");
        }
        store(form);
      }
      remind();
    }

    document.addEventListener("input", (e) => { if (e.target.form?.method === "post" && hidden(e.target.form, "_form")) store(e.target.form); });
    document.addEventListener("change", (e) => { if (e.target.form?.method === "post" && hidden(e.target.form, "_form")) store(e.target.form); });
    // A form that came over a socket has no id yet.
    document.addEventListener("submit", (e) => {
      const form = e.target;
      if ((e.submitter?.getAttribute("formmethod") || form.method) !== "post" || e.defaultPrevented) return; // such as a preview
      if (form.getAttribute("action") === "/logout") return forget(() => true);
      if (!hidden(form, "_form")) {
        const id = document.createElement("input");
        Object.assign(id, { type: "hidden", name: "_form", value: [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("") });
        form.append(id);
      } else if (!form.hasAttribute("data-unstored")) store(form);
      form.dataset.sending = "";
      setTimeout(() => { for (const b of form.querySelectorAll("button:not([type=button])")) b.disabled = true; }); // after its name is sent
      setTimeout(() => { for (const b of form.querySelectorAll("button:not([type=button])")) b.disabled = false; }, 5000);
    });
    addEventListener("pageshow", (e) => {
      if (!e.persisted) return;
      dropSaved();
      // The browser has stored the page itself. What was sent from it is stored by now: it is shown as it is.
      if (forms().some((f) => "sending" in f.dataset && !read(nameOf(f)))) return location.reload();
      restore();
      for (const form of forms()) {
        delete form.dataset.sending;
        for (const b of form.querySelectorAll("button:not([type=button])")) b.disabled = false;
      }
    });
    // What would be lost: a file, or what the tab cannot store.
    addEventListener("beforeunload", (e) => {
      if (forms().some((f) => !("sending" in f.dataset) && ("lost" in f.dataset || filesOf(f)))) e.preventDefault();
    });
    return { restore };
  })();
  if (document.body.dataset.user !== undefined || document.querySelector("form[method=post]")) edits.restore();

  // What was wrong is in view, and has the focus: the first field, else the first message.
  (() => {
    const stale = document.querySelector("[data-stale]");
    const field = !stale && [...document.querySelectorAll("[aria-invalid=true]")][0];
    const target = stale || field || document.querySelector("main .notice.bad[role=alert], main .field.wrong, main strong.error:not(:empty)");
    if (!target || !field && !stale && document.querySelector("[autofocus]")) return;
    for (let d = target.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
    if (!target.matches("input, select, textarea, button, [tabindex]")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "center" });
  })();
  dress(document);
  new MutationObserver((changes) => {
    for (const c of changes) for (const node of c.addedNodes) if (node.querySelectorAll) dress(node);
  }).observe(document.body, { childList: true, subtree: true });
})();
