// Restores scrolling and focus after the page has removed or moved the chat's host element and it is attached again.
export default function restoreView({ panelElement, input, keepAtEnd, root }, hadFocus) {
  root.host.classList.toggle("open", !panelElement.hidden);
  if (panelElement.hidden) return;
  keepAtEnd(() => 0, true);
  if (hadFocus && document.activeElement === document.body) input.focus();
}
