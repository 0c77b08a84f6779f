// Keys of the live monitor: select a conversation, watch it, take it over.
(() => {
  const rows = () => [...document.querySelectorAll("[data-conversation]")];
  addEventListener("keydown", (e) => {
    if (e.altKey || e.ctrlKey || e.metaKey || e.target.matches("input, textarea, select")) return;
    const list = rows(), at = list.indexOf(document.activeElement?.closest("[data-conversation]"));
    const action = {
      ArrowDown: () => list[Math.min(at + 1, list.length - 1)]?.focus(),
      ArrowUp: () => list[Math.max(at - 1, 0)]?.focus(),
      KeyW: () => list[at]?.querySelector("[data-watch]")?.click(),
      KeyT: () => list[at]?.querySelector("[data-take]").click(),
    }[e.code];
    if (!action || !list.length) return;
    e.preventDefault();
    action();
  });
})();
