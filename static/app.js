// What every page of ours needs: times in the reader's manner, copying, asking before what cannot be undone.
(() => {
  const manner = { clock: { hour: "2-digit", minute: "2-digit" }, full: { dateStyle: "medium", timeStyle: "short" } };
  const format = {};
  for (const name in manner) format[name] = new Intl.DateTimeFormat(undefined, manner[name]);

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

  document.querySelector("[aria-invalid]")?.focus();
  times(document);
  new MutationObserver((changes) => {
    for (const c of changes) for (const node of c.addedNodes) if (node.querySelectorAll) times(node);
  }).observe(document.body, { childList: true, subtree: true });
})();
