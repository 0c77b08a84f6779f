// The board's keys: choose a conversation, watch it, take it over.
(() => {
  const rows = () => [...document.querySelectorAll("[data-talk]")];
  addEventListener("keydown", (e) => {
    if (e.altKey || e.ctrlKey || e.metaKey || e.target.matches("input, textarea, select")) return;
    const list = rows(), at = list.indexOf(document.activeElement?.closest("[data-talk]"));
    const act = {
      ArrowDown: () => list[Math.min(at + 1, list.length - 1)]?.focus(),
      ArrowUp: () => list[Math.max(at - 1, 0)]?.focus(),
      KeyW: () => list[at]?.querySelector("[data-watch]")?.click(),
      KeyT: () => list[at]?.querySelector("[data-take]").click(),
    }[e.code];
    if (!act || !list.length) return;
    e.preventDefault();
    act();
  });
  const show = () => {
    for (const e of document.querySelectorAll("[data-wait]")) {
      const s = Math.max(0, Math.floor((Date.now() - e.dataset.wait) / 1000));
      const text = s < 3600 ? Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0") : s < 172800 ? Math.floor(s / 3600) + " h" : Math.floor(s / 86400) + " d";
      if (e.textContent !== text) e.textContent = text;
      e.classList.toggle("soon", s >= 60 && s < 180);
      e.classList.toggle("late", s >= 180);
    }
  };
  setInterval(() => { if (!document.hidden) show(); }, 1000);
  document.addEventListener("htmx:ws:close", (e) => { if (e.detail.code === 1008) location.assign("/login?ended=1&next=/board"); });
})();
