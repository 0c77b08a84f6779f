// The invitation beside the launcher.
export default function invite({ act, make }, { website, texts, root, button, open }) {
  const no = act("close", "×", () => { card.remove(); button.focus(); });
  no.setAttribute("aria-label", texts.dismiss);
  const card = make("div", "invite", act("words", website.invite.text, open), no);
  card.setAttribute("role", "status");
  root.append(card);
}
