// The page has taken the chat away, and it is there again, or stands elsewhere now: as it was.
export default function placed({ box, input, keepEnd, root }, typing) {
  root.host.classList.toggle("open", !box.hidden);
  if (box.hidden) return;
  keepEnd(() => 0, true);
  if (typing && document.activeElement === document.body) input.focus();
}
