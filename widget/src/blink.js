// The title flashes while the page is in the background and something new is there.
let timer;
export default function blink(news) {
  if (timer) return;
  const plain = document.title;
  timer = setInterval(() => {
    const back = !document.hidden;
    document.title = back || document.title === news ? plain : news;
    if (back) { clearInterval(timer); timer = 0; }
  }, 1000);
}
