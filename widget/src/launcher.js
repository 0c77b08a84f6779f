// The first line of the two in a customer's page: asks once whether this page may show the chat, and shows the launcher.
// Everything else is loaded when the visitor means to open it.
(() => {
  const script = document.currentScript;
  const say = (text) => console.error("Parley: " + text);
  if (!script || !script.dataset.key) return say("the script line has no data-key. Copy the two lines from the website's page again.");
  if (window.parleyChat) return say("the two lines are in this page twice; the second ones are ignored.");
  const chat = (window.parleyChat = { data: {} });
  const asked = window.parley && window.parley.q; // called before this script was there
  window.parley = (what, values) => {
    if (what !== "set") return say('there is no parley("' + what + '").');
    Object.assign(chat.data, values);
    if (chat.told) chat.told();
  };
  for (const call of asked || []) window.parley(...call);
  const key = script.dataset.key;
  const base = new URL(script.src).origin;
  const stored = "parley." + key;

  const read = () => {
    try { return JSON.parse(localStorage.getItem(stored)) || {}; } catch { return {}; }
  };

  async function start() {
    let answer;
    try {
      answer = await (await fetch(base + "/widget/v1/site?key=" + encodeURIComponent(key), { credentials: "omit" })).json();
    } catch {
      return say("the chat server " + base + " cannot be reached.");
    }
    if (!answer.website) return say(answer.refused || answer.message);
    if (!document.body) await new Promise((go) => document.addEventListener("DOMContentLoaded", go, { once: true }));

    // A shadow root keeps the page's CSS out; the stylesheet inside is the one that the page's second line names.
    const host = document.createElement("div");
    host.id = "parley";
    const root = host.attachShadow({ mode: "open" });
    const line = document.querySelector('link[data-parley],link[rel="stylesheet"][href^="' + base + '/widget.css"]');
    const css = document.createElement("link");
    css.rel = "stylesheet";
    css.href = line ? line.href : base + "/widget.css";
    const styled = new Promise((go) => { css.onload = css.onerror = go; });
    const button = document.createElement("button");
    button.className = "launcher";
    button.type = "button";
    button.setAttribute("aria-label", "Open chat");
    button.setAttribute("aria-expanded", "false");
    const svg = "http://www.w3.org/2000/svg";
    const icon = document.createElementNS(svg, "svg");
    icon.setAttribute("viewBox", "0 0 24 24");
    icon.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(svg, "path");
    path.setAttribute("d", "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z");
    icon.append(path);
    const badge = document.createElement("span");
    badge.className = "badge";
    badge.hidden = true;
    button.append(icon, badge);
    button.hidden = true;
    root.append(css, button);
    document.body.append(host);
    await styled;
    button.hidden = false;

    let loading;
    const load = () => (loading ||= import(base + answer.website.panel).then(
      (module) => module.default({ root, button, badge, base, key, stored, website: answer.website }),
      () => { loading = null; say("the panel could not be loaded; it is tried again on the next click."); },
    ));
    for (const intent of ["pointerenter", "focus"]) button.addEventListener(intent, load, { once: true });
    button.addEventListener("click", async () => (await load())?.toggle());

    let open = false;
    try { open = sessionStorage.getItem(stored) === "open"; } catch { /* storage is off */ }
    if (open) (await load())?.open(false);
    else if (read().conversation) load().then((panel) => panel?.listen());
  }
  start();
})();
