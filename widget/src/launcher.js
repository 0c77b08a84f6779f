// The first line of the two in a customer's page: asks once whether this page may show the chat, and shows the launcher.
// Everything else is loaded when the visitor means to open it.
import { bubble, icon } from "./make.js";

(() => {
  const script = document.currentScript;
  const say = (text) => console.error("Parley: " + text);
  if (!script?.dataset.key) return say("the script line has no data-key.");
  if (window.parleyChat) return say("the lines are in this page twice.");
  const chat = (window.parleyChat = { data: {} });
  const key = script.dataset.key, base = new URL(script.src).origin, stored = "parley." + key;
  const asked = window.parley?.q || []; // called before this script was there

  const heard = {}; // event to who wants to know
  chat.tell = (event, detail) => { for (const f of heard[event] || []) try { f(detail); } catch (e) { console.error(e); } };
  const does = {
    set: (values) => { Object.assign(chat.data, values); chat.told?.(); },
    on: (event, f) => { (heard[event] ||= []).push(f); },
    identify: (token) => {
      chat.identity = token || "";
      if (chat.identified) chat.identified();
      else if (!token) try {
        chat.data = {};
        localStorage.removeItem(stored);
        for (const k of Object.keys(sessionStorage)) if (k.startsWith(stored + ".")) sessionStorage.removeItem(k);
      } catch { /* storage is off: there is nothing */ }
    },
    open: () => wish("open"),
    close: () => wish("close"),
    start: (how = {}) => wish("start", how),
    show: () => { chat.shown = true; if (chat.button) chat.button.hidden = false; },
  };
  window.parley = (what, ...values) => (Object.hasOwn(does, what) ? does[what](...values) : say("there is no parley(" + what + ")"));

  const wishes = [];
  let load; // gets the panel, once the page may show it
  const wish = (what, how) => (load ? load().then((panel) => panel?.[what](how)) : wishes.push([what, how]));

  const read = () => {
    try { return JSON.parse(localStorage.getItem(stored)) || {}; } catch { return {}; }
  };

  async function start() {
    for (const call of asked.splice(0)) window.parley(...call);
    chat.lang = script.dataset.lang || document.documentElement.lang || navigator.language || "en";
    let answer;
    try {
      answer = await (await fetch(base + "/widget/v1/site?key=" + encodeURIComponent(key) + "&lang=" + encodeURIComponent(chat.lang), { credentials: "omit" })).json();
    } catch {
      answer = { message: base + " was not reached." };
    }
    const website = answer.website;
    if (!website) {
      say(answer.refused || answer.message);
      return answer.refused || setTimeout(start, 9000); // busy, or not reached
    }
    chat.lang = website.language || chat.lang;
    if (!document.body) await new Promise((go) => document.addEventListener("DOMContentLoaded", go, { once: true }));

    // A shadow root keeps the page's CSS out; the stylesheet inside is the one that the page's second line names.
    const host = document.createElement("div");
    host.id = "parley";
    host.lang = chat.lang;
    host.dir = /^(ar|fa|he|ur)\b/.test(chat.lang) ? "rtl" : "ltr";
    const root = host.attachShadow({ mode: "open" });
    const line = document.querySelector('link[data-parley],link[rel="stylesheet"][href^="' + base + '/widget.css"]');
    const css = document.createElement("link");
    css.rel = "stylesheet";
    css.href = line ? line.href : base + "/widget.css";
    if (line?.integrity) { css.integrity = line.integrity; css.crossOrigin = "anonymous"; }
    const styled = new Promise((go) => { css.onload = css.onerror = go; });
    const look = website.look;
    host.classList.toggle("left", !!look.left);
    for (const [name, n] of [["--x", look.x], ["--y", look.y]]) if (n) host.style.setProperty(name, n + "px");
    if (look.color) {
      const n = parseInt(look.color.slice(1), 16);
      host.style.setProperty("--accent", look.color);
      host.style.setProperty("--on-accent", (n >> 16) * 3 + ((n >> 8) & 255) * 6 + (n & 255) > 1450 ? "#000" : "#fff");
    }
    const button = (chat.button = document.createElement("button")), badge = document.createElement("span");
    button.className = button.part = "launcher";
    badge.className = badge.part = "badge";
    button.setAttribute("aria-label", website.texts?.open || "Open chat");
    button.setAttribute("aria-expanded", false);
    button.append(icon(bubble), badge);
    badge.hidden = button.hidden = true;
    root.append(css, button);
    document.body.append(host);
    await styled;
    button.hidden = !chat.shown && !!(look.hidden || look.own);

    let loading;
    load = () => (loading ||= import(base + website.panel).then(
      (module) => module.default({ root, base, key, stored, website }),
      () => { loading = null; say("the panel was not loaded. The next click tries again."); },
    ));
    for (const intent of ["pointerenter", "focus"]) button.addEventListener(intent, load, { once: true });
    button.addEventListener("click", () => wish("toggle"));
    try { document.querySelector(look.own || "a"); } catch { say(look.own + " is no selector."); look.own = ""; button.hidden = false; }
    if (look.own) document.addEventListener("click", (e) => {
      if (!e.target.closest?.(look.own)) return;
      e.preventDefault();
      wish("open");
    });

    let open = /[#?&]parley=([\w-]+)$/.exec(location.hash); // from a mail: see return.js
    if (open) {
      const own = location.href.slice(0, -open[0].length);
      if (own.includes("#")) location.replace(own); // the page's script is told of its own fragment
      else history.replaceState(history.state, "", own);
      open = chat.code = open[1];
    }
    try { open ||= sessionStorage.getItem(stored) === "open"; } catch { /* storage is off */ }
    if (open) wish("open", false);
    else if (read().conversation || chat.identity && read().token) wish("listen");
    else if (website.invite && !button.hidden) import(base + website.invite.code).then((m) => m.default({ website, stored, root, button, open: does.open, on: does.on }));
    for (const w of wishes) wish(...w);
  }

  start();
})();
