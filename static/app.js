// What every page needs: times in the reader's format, copy buttons, confirmations, character limits, keys that belong to input methods, and
// forms whose unsaved changes are not lost.
(() => {
  const clock = { hour: "numeric", minute: "2-digit" };
  const timeStyles = { clock, weekday: { weekday: "long", ...clock }, full: { dateStyle: "medium", timeStyle: "short" } };
  const format = {};
  for (const name in timeStyles) format[name] = new Intl.DateTimeFormat(undefined, timeStyles[name]);
  // Returns the format of a time element, in the reader's time zone or, with data-zone, in that one; undefined if the browser does not know it.
  function formatOf({ time, zone }) {
    if (!zone) return format[time];
    try { return new Intl.DateTimeFormat(undefined, { ...timeStyles[time], timeZone: zone }); } catch { return undefined; }
  }

  // While an input method composes, all keys belong to it, Enter, Escape and arrows included: they are stopped before any handler of these
  // pages. Safari sends the Enter that ends a composition after it, with keyCode 229. A dead key is part of a composition only in a text field.
  const isTextField = (e) => e.isContentEditable || e.matches?.("input, textarea");
  const isComposing = (e) => e.isComposing || e.keyCode === 229 || e.key === "Process" || (e.key === "Dead" && isTextField(e.target));
  let escapeComposed = false; // the last Escape belonged to an input method and must not close a dialog
  for (const type of ["keydown", "keypress", "keyup"]) {
    addEventListener(type, (e) => {
      const composes = isComposing(e);
      if (type === "keydown") escapeComposed = composes && e.key === "Escape";
      if (composes) e.stopImmediatePropagation();
    }, true);
  }
  document.addEventListener("cancel", (e) => {
    if (escapeComposed) { e.preventDefault(); e.stopImmediatePropagation(); }
    escapeComposed = false;
  }, true);

  // Character limits (data-most, or maxlength, which is removed because it truncates pasted text): counted as the server counts, and shown
  // from 90 % on. A form with a text that is too long is not sent.
  const numbers = new Intl.NumberFormat("en-US");
  const lengthOf = (text) => [...text.replace(/\r\n?/g, "\n").normalize("NFC").trim()].length;
  const isTooLong = (field) => lengthOf(field.value) > +field.dataset.most;
  function showCount(field) {
    const most = +field.dataset.most, n = lengthOf(field.value), over = n > most;
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
    note.firstChild.textContent = numbers.format(n) + " of " + numbers.format(most) + " characters" + (over ? "." : "");
    const problem = over ? "Too long. Shorten the text." : "";
    if (note.lastChild.textContent !== problem) note.lastChild.textContent = problem; // announced once, not at every key
    note.classList.toggle("over", over);
    if (over) field.setAttribute("aria-invalid", "true");
    else if (field.over) field.removeAttribute("aria-invalid");
    field.over = over;
  }
  const limitedFields = "[data-most]";
  for (const type of ["input", "recount", "change"]) document.addEventListener(type, (e) => { if (e.target.matches?.(limitedFields)) showCount(e.target); });
  // Reports whether a form must not be sent, and focuses the first field that is too long. Composers have their own message.
  function refuse(form) {
    const field = !form.matches("[data-composer]") && [...form.elements].find((f) => f.matches(limitedFields) && isTooLong(f));
    if (!field) return false;
    showCount(field);
    field.focus();
    return true;
  }
  document.addEventListener("submit", (e) => {
    if (!refuse(e.target)) return;
    e.preventDefault();
    e.stopImmediatePropagation();
  }, true);
  document.addEventListener("htmx:before:request", (e) => {
    const form = e.detail.ctx.sourceElement?.closest?.("form");
    if (form && refuse(form)) e.preventDefault();
  });

  const showTimes = (root) => {
    for (const e of root.querySelectorAll("time[data-time]")) {
      const style = formatOf(e.dataset);
      if (style) e.textContent = style.format(new Date(e.dateTime));
      delete e.dataset.time;
    }
  };

  document.addEventListener("click", async (e) => {
    const copy = e.target.closest("[data-copy]");
    if (copy) {
      const source = document.querySelector(copy.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
      } catch { // pages without TLS have no clipboard: the text is selected for Ctrl+C
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

  // Confirmations: one dialog of the page asks, says what will happen, and gives the focus back. Where the action cannot be undone,
  // Cancel has the focus first. A key that is held down answers nothing.
  const dialog = document.getElementById("confirm");
  let answer = null; // takes the answer to the question that is open
  function confirmAction({ question, effect = "", action = "OK", harmless = false }) {
    answer?.(false);
    const [no, yes] = dialog.querySelectorAll("button"), before = document.activeElement;
    dialog.querySelector("h2").textContent = question;
    dialog.querySelector("p").textContent = effect;
    dialog.querySelector("p").hidden = !effect;
    yes.textContent = action;
    yes.className = harmless ? "primary" : "danger";
    dialog.returnValue = "";
    if (!dialog.open) dialog.showModal();
    (harmless ? yes : no).focus();
    return new Promise((resolve) => {
      answer = (is) => {
        answer = null;
        if (before?.isConnected) before.focus({ preventScroll: true }); // not every browser focuses a button that is clicked
        resolve(is);
      };
    });
  }
  dialog?.addEventListener("click", (e) => { if (e.target.value) dialog.close(e.target.value); });
  dialog?.addEventListener("keydown", (e) => { if (e.repeat && (e.key === "Enter" || e.key === " ")) e.preventDefault(); });
  dialog?.addEventListener("close", () => answer?.(dialog.returnValue === "yes"));
  window.confirmAction = confirmAction;

  const submitAddress = (button) => button.getAttribute("formaction") || button.form?.getAttribute("action") || button.form?.getAttribute("hx-post");
  let confirmed = null; // the button whose question was answered with yes
  document.addEventListener("submit", (e) => {
    const button = e.submitter, { confirm: question, confirmIf: only, confirmEffect: effect, confirmAction: action, confirmHarmless } = button?.dataset || {};
    if (!question || button === confirmed || (only && !document.querySelector(only))) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    const address = submitAddress(button);
    confirmAction({ question, effect, action: action || button.textContent.trim(), harmless: confirmHarmless !== undefined }).then((yes) => {
      // What was asked about may have been drawn anew meanwhile.
      confirmed = yes && (button.isConnected ? button : [...document.querySelectorAll("button[data-confirm]")].find((b) => submitAddress(b) === address));
      if (confirmed) confirmed.form.requestSubmit(confirmed);
      confirmed = null;
    });
  }, true);

  // Shows how long visitors have been waiting; the server renders only since when.
  const showWaits = () => {
    for (const e of document.querySelectorAll("[data-wait]")) {
      const s = Math.max(0, Math.floor((Date.now() - e.dataset.wait) / 1000));
      const text = s < 3600 ? Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0") : s < 172800 ? Math.floor(s / 3600) + " h" : Math.floor(s / 86400) + " d";
      if (e.textContent !== text) e.textContent = text;
      e.classList.toggle("soon", s >= 60 && s < 180);
      e.classList.toggle("late", s >= 180);
    }
  };
  setInterval(() => { if (!document.hidden) showWaits(); }, 1000);
  let soon = false;
  document.addEventListener("htmx:after:swap", () => { // once for all swaps before the next repaint
    if (soon) return;
    soon = true;
    requestAnimationFrame(() => { soon = false; showWaits(); });
  });
  document.addEventListener("visibilitychange", showWaits);
  showWaits();

  // The fragment of an address is not sent to the server: it is added here to where the log-in leads.
  const next = document.querySelector('form[action^="/login"] [name="next"]');
  if (next && location.hash && !next.value.includes("#")) next.value += location.hash;

  const prepare = (root) => {
    showTimes(root);
    for (const field of root.querySelectorAll("[maxlength]")) {
      field.dataset.most = field.maxLength;
      field.removeAttribute("maxlength");
    }
    for (const field of root.querySelectorAll(limitedFields)) if (field.value) showCount(field);
  };

  // What was typed into a form survives the end of the session, the back button, a reload, and the saving of another form of the page: the
  // tab stores the changed fields until the form is saved. Passwords and files are never stored.
  const unsavedForms = (() => {
    const user = document.body.dataset.user || "", prefix = "typed ";
    const hidden = (form, name) => form.querySelector(`input[type=hidden][name=${name}]`);
    const nameOf = (form) => prefix + (hidden(form, "_page")?.value || location.pathname).split("?")[0] + " " + (hidden(form, "_key")?.value || form.getAttribute("action") || "");
    const editable = (c) => c.name && !c.name.startsWith("_") && !c.disabled && !["hidden", "submit", "button", "image", "reset", "file", "password"].includes(c.type) &&
      c.tagName !== "BUTTON" && c.tagName !== "FIELDSET" && c.tagName !== "OUTPUT";
    const isBox = (c) => c.type === "checkbox" || c.type === "radio";
    const wasRefused = (form) => form.querySelector("[data-refused], [data-stale]") !== null;
    const isChanged = (c) => wasRefused(c.form) || (isBox(c) ? c.checked !== c.defaultChecked :
      c.tagName === "SELECT" ? [...c.options].some((o, i) => o.selected !== (c.hasAttribute("data-start") ? String(i) === c.dataset.start : o.defaultSelected)) : c.value !== c.defaultValue);
    const readStored = (key) => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } };
    const drop = (key) => { try { sessionStorage.removeItem(key); } catch { /* there is no storage */ } };
    const forms = () => [...document.querySelectorAll("form")].filter((f) => f.method === "post" && hidden(f, "_form") && !f.hasAttribute("data-unstored"));

    function fieldsOf(form) {
      const names = new Set(), fields = {};
      for (const c of form.elements) if (editable(c) && isChanged(c)) names.add(c.name);
      for (const c of form.elements) {
        if (!editable(c) || !names.has(c.name)) continue;
        const list = fields[c.name] ||= [];
        if (!isBox(c)) list.push(c.value);
        else if (c.checked) list.push(c.value);
      }
      return fields;
    }

    const filesOf = (form) => [...form.elements].some((c) => c.type === "file" && c.files.length > 0);

    function store(form) {
      const key = nameOf(form), fields = fieldsOf(form), files = filesOf(form);
      markUnsaved(form, Object.keys(fields).length > 0 || files);
      if (Object.keys(fields).length === 0 && !files) return drop(key);
      try {
        sessionStorage.setItem(key, JSON.stringify({ user, id: hidden(form, "_form").value, was: hidden(form, "_was")?.value || "", fields, files }));
      } catch { form.dataset.lost = ""; } // it does not fit: leaving the page asks first
    }

    const markUnsaved = (form, is) => form.toggleAttribute("data-unsaved", is);

    function fill(form, fields) {
      const at = {};
      for (const c of form.elements) {
        const values = editable(c) && fields[c.name];
        if (!values) continue;
        if (isBox(c)) {
          c.checked = values.includes(c.value);
          continue;
        }
        const value = values[at[c.name] = at[c.name] === undefined ? 0 : at[c.name] + 1];
        if (value !== undefined) c.value = value;
      }
    }

    function showRestored(form, text) {
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

    // Adds a reminder of forms that are not saved to the page's message about the one that is, as they may be out of view.
    function remindOfUnsaved() {
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
        a.textContent = "Unsaved changes: " + (heading?.textContent.trim() || "on this page");
        a.addEventListener("click", () => { for (let d = form.closest("details"); d; d = d.parentElement.closest("details")) d.open = true; });
        p.append(a);
        saved.after(p);
      }
    }

    // Drops the stored forms for which which(form) is true, such as those of another user.
    const dropStored = (which) => {
      try {
        for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix) && which(readStored(key) || {})) drop(key);
      } catch { /* there is no storage */ }
    };
    if (user) dropStored((x) => x.user && x.user !== user);

    // Drops the forms that the server has saved, which it names in cookies.
    const dropSaved = () => { for (const c of document.cookie.split("; ")) {
      if (!c.startsWith("saved-")) continue;
      const id = c.slice(6).split("=")[0];
      try {
        for (const key of Object.keys(sessionStorage)) {
          const x = key.startsWith(prefix) && readStored(key);
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
        const x = readStored(nameOf(form));
        if (!x) { store(form); continue; }
        if (x.user !== user) { drop(nameOf(form)); continue; }
        if (!wasRefused(form)) fill(form, x.fields);
        if (!wasRefused(form) && Object.keys(fieldsOf(form)).length > 0) {
          if (x.was && hidden(form, "_was")) hidden(form, "_was").value = x.was;
          for (const c of form.elements) if (editable(c) && x.fields[c.name]) c.closest("details")?.setAttribute("open", "");
          showRestored(form, "Unsaved changes restored." + (x.files ? " Choose the file again." : ""));
        } else if (!wasRefused(form) && x.files) {
          showRestored(form, "Choose the file again. Files are not stored in the browser.");
        }
        store(form);
      }
      remindOfUnsaved();
    }

    document.addEventListener("input", (e) => { if (e.target.form?.method === "post" && hidden(e.target.form, "_form")) store(e.target.form); });
    document.addEventListener("change", (e) => { if (e.target.form?.method === "post" && hidden(e.target.form, "_form")) store(e.target.form); });
    // A form that was pushed over a socket has no id yet.
    document.addEventListener("submit", (e) => {
      const form = e.target;
      if ((e.submitter?.getAttribute("formmethod") || form.method) !== "post" || e.defaultPrevented) return; // such as a preview
      if (form.getAttribute("action") === "/logout") return dropStored(() => true);
      if (!hidden(form, "_form")) {
        const id = document.createElement("input");
        Object.assign(id, { type: "hidden", name: "_form", value: [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("") });
        form.append(id);
      } else if (!form.hasAttribute("data-unstored")) store(form);
      form.dataset.sending = "";
      setTimeout(() => { for (const b of form.querySelectorAll("button:not([type=button])")) b.disabled = true; }); // later, because a disabled button's name would not be sent
      setTimeout(() => { for (const b of form.querySelectorAll("button:not([type=button])")) b.disabled = false; }, 5000);
    });
    addEventListener("pageshow", (e) => {
      if (!e.persisted) return;
      dropSaved();
      // The page comes from the back-forward cache. A form that was sent from it is saved by now: the page is loaded again to show that.
      if (forms().some((f) => "sending" in f.dataset && !readStored(nameOf(f)))) return location.reload();
      restore();
      for (const form of forms()) {
        delete form.dataset.sending;
        for (const b of form.querySelectorAll("button:not([type=button])")) b.disabled = false;
      }
    });
    // Asks before the page is left with a chosen file, or with changes that the tab cannot store: in the page's dialog when a link is
    // followed, in the browser's own when the tab is closed.
    const wouldLose = () => forms().some((f) => !("sending" in f.dataset) && ("lost" in f.dataset || filesOf(f)));
    let leaving = false;
    addEventListener("beforeunload", (e) => { if (!leaving && wouldLose()) e.preventDefault(); });
    document.addEventListener("click", (e) => {
      const link = e.target.closest?.("a[href]");
      if (!link || e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || (link.target && link.target !== "_self") ||
        link.hasAttribute("download") || link.href.split("#")[0] === location.href.split("#")[0] || !/^https?:/.test(link.href) || !wouldLose()) return;
      e.preventDefault();
      confirmAction({ question: "Leave this page?", effect: "Files that you have chosen and changes that are not saved are lost.", action: "Leave page" }).then((yes) => {
        leaving = yes;
        if (yes) location.assign(link.href);
      });
    });
    return { restore };
  })();
  if (document.body.dataset.user !== undefined || document.querySelector("form[method=post]")) unsavedForms.restore();

  // Scrolls to and focuses what was wrong: the first field, else the first message.
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
  prepare(document);
  new MutationObserver((changes) => {
    for (const c of changes) for (const node of c.addedNodes) if (node.querySelectorAll) prepare(node);
  }).observe(document.body, { childList: true, subtree: true });
})();
