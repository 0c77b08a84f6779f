// Fields for key combinations take the keys that are pressed in them.
(() => {
  addEventListener("keydown", (e) => {
    if (!e.target.matches("[data-capture]") || !(e.ctrlKey || e.altKey || e.metaKey || /^F\d+$/.test(e.key))) return;
    const key = /^(?:Key|Digit)(.)$/.exec(e.code)?.[1] || e.key;
    if (/^(Control|Alt|Shift|Meta|AltGraph)$/.test(key)) return;
    e.preventDefault();
    e.target.value = [(e.ctrlKey || e.metaKey) && "Ctrl", e.altKey && "Alt", e.shiftKey && "Shift", key].filter(Boolean).join("+");
  });
})();
