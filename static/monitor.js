// The live monitor: keys, the dialog that assigns a conversation, and lists that stay still while somebody uses them.
(() => {
  const rows = () => [...document.querySelectorAll("[data-conversation]")];
  const selected = () => document.activeElement?.closest("[data-conversation]");
  const dialog = document.getElementById("assign");

  // Keys are known by their letter; where the layout has no Latin letters, by their place.
  const letterOf = (e) => (/^[a-z?]$/i.test(e.key) ? e.key.toLowerCase() : /^[\x20-\x7e]$/.test(e.key) ? "" : /^Key([A-Z])$/.exec(e.code)?.[1].toLowerCase());
  const press = (row, button) => row?.querySelector(button)?.click();
  const move = (step) => {
    const list = rows(), at = list.indexOf(selected());
    list[Math.max(0, Math.min(at + step, list.length - 1))]?.focus();
  };
  const actions = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Escape: () => selected()?.contains(document.activeElement) && document.activeElement.blur(),
    w: () => press(selected(), "[data-watch]"),
    t: () => press(selected(), "[data-take]"),
    a: () => press(selected(), "[data-assign]"),
    "?": () => document.querySelector(".shortcuts").toggleAttribute("open"),
  };
  addEventListener("keydown", (e) => {
    if (e.altKey || e.ctrlKey || e.metaKey || dialog.open || e.target.matches("input, textarea, select")) return;
    const action = actions[e.key.length > 1 ? e.key : letterOf(e)];
    if (!action) return;
    e.preventDefault();
    action();
  });

  // The dialog opens when its form has come, closes when the form is sent, and gives the focus back to the conversation.
  let assigning = "", assignedFrom = "", changesShownUntil = 0;
  const placeOf = (row) => document.getElementById(row)?.closest(".agents > li, #waiting")?.id;
  document.addEventListener("htmx:after:swap", () => { if (placeOf(assigning) !== assignedFrom) changesShownUntil = 0; });
  document.addEventListener("click", (e) => {
    const button = e.target.closest("[data-assign]");
    if (button) {
      assigning = button.closest("[data-conversation]").id;
      assignedFrom = placeOf(assigning);
    }
    if (e.target.closest("[data-close]") || e.target === dialog) dialog.close();
  });
  new MutationObserver(() => { if (dialog.firstElementChild && !dialog.open) dialog.showModal(); }).observe(dialog, { childList: true });
  document.addEventListener("htmx:finally:request", (e) => {
    if (!dialog.open || !dialog.contains(e.detail.ctx.sourceElement)) return;
    changesShownUntil = Date.now() + 10000;
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    document.getElementById(assigning)?.focus();
  });

  // A list that the pointer is over, or that has the focus, is not changed; its last update is applied when both have left it. What the
  // supervisor has assigned is shown as soon as it comes.
  const pending = new Map(); // by id of the list: the HTML of its last update
  const lists = [...document.querySelectorAll("[data-steady]")].map((list) => list.id);
  const inUse = (id) => Date.now() > changesShownUntil && (document.getElementById(id).matches(":hover, :focus-within") || dialog.open);
  document.addEventListener("htmx:before:swap", (e) => {
    for (const task of e.detail.tasks) {
      const id = task.target?.id || String(task.target).replace(/^#/, "");
      if (!lists.includes(id)) continue;
      if (!inUse(id)) {
        pending.delete(id);
        continue;
      }
      const box = document.createElement("div");
      box.append(task.fragment.cloneNode(true));
      pending.set(id, box.innerHTML);
      task.swapSpec = { style: "none" };
    }
    mark();
  });
  const mark = () => { for (const id of lists) document.getElementById(id)?.classList.toggle("paused", pending.has(id)); };
  let due = 0;
  const release = () => {
    clearTimeout(due);
    due = setTimeout(() => {
      for (const [id, html] of pending) {
        if (inUse(id)) continue;
        pending.delete(id);
        htmx.swap({ sourceElement: document.body, target: document.body, swap: "none", text: `<hx-partial hx-target="#${id}" hx-swap="outerMorph">${html}</hx-partial>`, transition: false });
      }
      mark();
    }, 150); // on the way from one list to another, and from a button to its neighbor
  };
  for (const type of ["pointerover", "pointerout", "focusout", "close"]) document.addEventListener(type, release, true);
  document.documentElement.addEventListener("pointerleave", release);
})();
