// The first line of the two in a customer's page: asks once whether this page may show the chat, and shows the launcher.
// Everything else is loaded when the visitor means to open it.
import { bubble, icon, make } from "./make.js";

(() => {
  const say = (text) => console.error("Parley: " + text);

  // The script line names the server and the website. Tag managers and loaders strip attributes, and leave no currentScript: then the line
  // is looked for by its name, and what it lacks in two variables of the page's. Elements with the names of variables or of document's
  // members, which whoever writes in the page can make, say nothing here: only scripts do.
  const its = (name) => Reflect.get(Document.prototype, name, document), given = (name) => Object.hasOwn(window, name) && window[name];
  const from = (s, name) => s?.src && (s.dataset?.[name] || new URL(s.src).searchParams.get(name)), keyed = (s) => from(s, "key");
  const named = (s) => s?.src?.includes("/widget.js"), own = its("currentScript");
  const lines = [...its("scripts"), ...(own?.src ? [] : performance.getEntriesByType("resource").map((e) => ({ src: /^(sc|fe|x)/.test(e.initiatorType) ? e.name : "" })))].filter(named);
  const line = lines.find(keyed) || lines[0] || own, script = named(own) || keyed(own) ? own : line;
  const key = keyed(own) || given("parleyKey") || keyed(line), server = given("parleyServer") || script?.src;
  if (given("parleyChat")?.again) return window.parleyChat.again(key);
  if (!key || !server) return say(key ? "set parleyServer." : "no data-key, ?key= or parleyKey.");
  const base = new URL(server).origin, stored = "parley." + key;
  let place, host = 0; // puts the host into the page, once there is one
  const chat = (window.parleyChat = {
    data: {},
    again: (other) => (other && other !== key ? say("this page has the chat of another key.") : place?.(true)), // the script has run twice
  });
  const asked = given("parley")?.q || []; // called before this script was there

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
        for (const k in sessionStorage) if (k.startsWith(stored + ".")) sessionStorage.removeItem(k);
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

  async function start() {
    for (const call of asked.splice(0)) window.parley(...call);
    chat.lang = (from(script, "lang") || document.documentElement.lang || navigator.language || "en").replace(/_/g, "-");
    let answer;
    try {
      answer = await (await fetch(base + "/widget/v1/site?" + new URLSearchParams({ key, lang: chat.lang }), { credentials: "omit" })).json();
    } catch {
      answer = { message: base + " was not reached." };
    }
    const website = answer.website;
    if (!website) {
      say(answer.refused || answer.message);
      return answer.refused || setTimeout(start, 9000); // busy, or not reached
    }
    chat.lang = website.language || chat.lang;
    if (!document.body) await new Promise((go) => addEventListener("DOMContentLoaded", go));

    // A shadow root keeps the page's CSS out; the stylesheet inside is the one that the page's second line names.
    host = make("div");
    host.id = "parley";
    host.lang = chat.lang;
    host.dir = /^(ar|fa|he|ur)\b/i.test(chat.lang) ? "rtl" : "ltr";
    const root = host.attachShadow({ mode: "open" });
    const css = document.querySelector('link[data-parley],link[rel="stylesheet"][href^="' + base + '/widget.css"]')?.cloneNode() || make("link");
    css.rel = "stylesheet";
    css.media = ""; // some pages have another till it is loaded
    css.href ||= base + "/widget.css";
    const styled = new Promise((go) => {
      css.onload = css.onerror = () => { // each time that the host is put into the page
        host.style.display = "";
        chat.placed?.();
        go();
      };
    });
    const look = website.look;
    host.className = look.left ? "left" : "";
    for (const name in website.css) host.style.setProperty(name, website.css[name]);
    const badge = make("span", "badge"), button = (chat.button = make("button", "launcher", icon(bubble), badge));
    button.setAttribute("aria-label", website.texts?.open || "Open chat");
    button.setAttribute("aria-expanded", false);
    badge.hidden = true;
    button.hidden = !chat.shown && !!(look.hidden || look.own);
    root.append(css, button);

    // Beside the body, which scripts replace, empty, scale and make inert; and back, with its attributes, where the page takes them away
    // all the same. A page that does so again and again has its will.
    const whole = host.cloneNode(), watch = new MutationObserver(() => place());
    let times = 0, last = 0;
    place = (anew) => {
      const lost = [...whole.attributes].filter((a) => !host.hasAttribute(a.name));
      if (host.isConnected && !lost[0]) return;
      times = anew || Date.now() - last > 5000 ? 0 : times + 1;
      last = Date.now();
      if (times > 9) return times > 10 || say("the page removes the chat.");
      for (const a of lost) host.setAttribute(a.name, a.value);
      if (host.isConnected) return;
      for (const copy of document.querySelectorAll("div#parley[class][lang][dir][style]:empty")) copy.remove();
      host.style.display = "none"; // till it is styled
      document.documentElement.append(host);
      watch.observe(document.documentElement, { childList: true });
    };
    watch.observe(document, { childList: true });
    watch.observe(host, { attributes: true });
    addEventListener("toggle", (e) => { if (e.target.close && e.newState === "open") import(base + website.modal).then((m) => m.default(e.target, host)); }, true);
    for (const name in host) if (/^on(?!key|mouse|pointer)/.test(name)) host.addEventListener(name.slice(2), (e) => { if (e.defaultPrevented || !/^dr/.test(e.type)) e.stopPropagation(); }, { passive: true });
    place(true);
    await styled;

    let loading;
    load = () => (loading ||= import(base + website.panel).then(
      (module) => module.default({ root, base, key, stored, website }),
      () => { loading = null; say("the panel was not loaded. Try again."); },
    ));
    button.onpointerenter = button.onfocus = load;
    button.onclick = () => wish("toggle");
    try { document.querySelector(look.own || "a"); } catch { say("no selector: " + look.own); look.own = ""; button.hidden = false; }
    if (look.own) addEventListener("click", (e) => {
      if (!e.composedPath().some((n) => n.matches?.(look.own))) return;
      e.preventDefault();
      wish("open");
    }, true);

    let memory, open = (chat.code = /^#(?:.*[?&])?parley=([\w-]+)$/.exec(location.hash)?.[1]); // the code is from a mail: see return.js
    try {
      open ||= sessionStorage.getItem(stored) === "open";
      memory = JSON.parse(localStorage.getItem(stored));
    } catch { /* storage is off */ }
    if (open) wish("open", false);
    else if (memory?.conversation || chat.identity && memory?.token) wish("listen");
    else if (website.invite && !button.hidden) import(base + website.invite.code).then((m) => m.default({ website, stored, root, button, open: does.open, on: does.on }));
    for (const w of wishes) wish(...w);
  }

  // What happens in the chat is nothing to the page: its shortcuts, the traps for the focus of its dialogs and what takes its wheel hear
  // nothing of it, not even on the way down. Inside, the same happens with a copy; a click does what it does, and is not copied.
  let pressed; // here, not in the page
  const guard = (e) => {
    const { type } = e, path = e.composedPath(), at = path.indexOf(host);
    if (/down$/.test(type)) pressed = at >= 0;
    if (e.relatedTarget === host) Reflect.defineProperty(e, "relatedTarget", { value: null });
    // 0: a script means the element itself. An event that its page has frozen stays what it is.
    if (at < 1 || /up$/.test(type) && !pressed || !Reflect.defineProperty(e, "composed", { value: false })) return;
    e.stopImmediatePropagation();
    if (type === "click") for (const n of path.slice(0, at)) n.onclick?.(e);
    else if (!/^t/.test(type)) {
      const copy = new Event(type, e); // Firefox lets no KeyboardEvent stay inside
      for (const k in e) k in copy || (copy[k] = e[k]);
      if (!path[0].dispatchEvent(copy)) e.preventDefault();
    }
  };
  for (const type of "keydown keypress keyup beforeinput input compositionstart compositionupdate compositionend focus blur focusin focusout pointerdown pointerup mousedown mouseup click touchstart wheel".split(" ")) addEventListener(type, guard, true);

  start();
})();
