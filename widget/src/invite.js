// The invitation beside the launcher. It is shown once one of its conditions is met, and not more often than the website allows.
import { matchesPage } from "./greeting.js";
import { actionButton, element } from "./dom.js";
import loadStyles from "./lazyStyles.js";
import more from "./texts/more.js";

export default function showInvitation({ website, storagePrefix, root, button, open, on }) {
  const invitation = website.invite, shownAtKey = storagePrefix + ".invited";
  let nextAt = 0, done;
  try { nextAt = +localStorage.getItem(shownAtKey) + (invitation.every || 24) * 3600000; } catch { /* storage is off: once a page */ }
  if (nextAt > Date.now() || !matchesPage(invitation.page, location.pathname) || invitation.online && website.state !== "online") return;
  const show = () => {
    if (done) return;
    done = true;
    try { localStorage.setItem(shownAtKey, Date.now()); } catch { /* as above */ }
    const dismissButton = actionButton("close", "×", () => { card.remove(); button.focus(); });
    dismissButton.setAttribute("aria-label", (website.texts || {}).dismiss || more.dismiss);
    const card = element("div", "invite", actionButton("words", invitation.text, open), dismissButton);
    card.setAttribute("role", "status");
    loadStyles(root, website).then(() => root.append(card));
    on("opening", () => card.remove());
  };
  on("opening", () => { done = true; });
  if (invitation.after || !invitation.scroll && !invitation.exit) setTimeout(show, (invitation.after || 10) * 1000);
  const onScroll = () => { if (scrollY + innerHeight >= document.documentElement.scrollHeight * invitation.scroll / 100) show(); };
  if (invitation.scroll) addEventListener("scroll", onScroll, { passive: true });
  if (invitation.scroll && scrollY) onScroll(); // scrolled before this was loaded
  if (invitation.exit) document.addEventListener("mouseout", (e) => { if (!e.relatedTarget && e.clientY <= 0) show(); });
}
