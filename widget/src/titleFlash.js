// Flashes the page's title while the page is in the background and has unread messages.
let timer;
export default function flashTitle(text) {
  if (timer) return;
  const originalTitle = document.title;
  timer = setInterval(() => {
    const isVisible = !document.hidden;
    document.title = isVisible || document.title === text ? originalTitle : text;
    if (isVisible) { clearInterval(timer); timer = 0; }
  }, 1000);
}
