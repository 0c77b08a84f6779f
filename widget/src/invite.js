// The invitation beside the launcher: once something of what it waits for has happened, and not more often than it may.
import { onPage } from "./greet.js";
import { act, make } from "./make.js";
import styled from "./styled.js";
import more from "./texts/more.js";

export default function invite({ website, stored, root, button, open, on }) {
  const w = website.invite, seen = stored + ".invited";
  let again = 0, done;
  try { again = +localStorage.getItem(seen) + (w.every || 24) * 3600000; } catch { /* storage is off: once a page */ }
  if (again > Date.now() || !onPage(w.page, location.pathname) || w.online && website.state !== "online") return;
  const now = () => {
    if (done) return;
    done = true;
    try { localStorage.setItem(seen, Date.now()); } catch { /* as above */ }
    const no = act("close", "×", () => { card.remove(); button.focus(); });
    no.setAttribute("aria-label", (website.texts || {}).dismiss || more.dismiss);
    const card = make("div", "invite", act("words", w.text, open), no);
    card.setAttribute("role", "status");
    styled(root, website).then(() => root.append(card));
    on("opening", () => card.remove());
  };
  on("opening", () => { done = true; });
  if (w.after || !w.scroll && !w.exit) setTimeout(now, (w.after || 10) * 1000);
  const far = () => { if (scrollY + innerHeight >= document.documentElement.scrollHeight * w.scroll / 100) now(); };
  if (w.scroll) addEventListener("scroll", far, { passive: true });
  if (w.scroll && scrollY) far(); // before this was there
  if (w.exit) document.addEventListener("mouseout", (e) => { if (!e.relatedTarget && e.clientY <= 0) now(); });
}
