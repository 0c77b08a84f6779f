// The script that a customer's page includes. It asks once whether this page may show the chat, and shows the launcher.
// Everything else is loaded when the visitor is about to open it.
import { chatIcon, element, icon } from "./dom.js";

(() => {
  const logError = (text) => console.error("Parley: " + text);

  // The script element names the server and the website. Tag managers and loaders strip attributes, and leave no currentScript: then the
  // element is found by its name, and what it lacks in two variables of the page. Elements can be named like variables and like members of
  // document, even by users who write into the page, and are ignored: only scripts count.
  const ofDocument = (name) => Reflect.get(Document.prototype, name, document), globalOf = (name) => Object.hasOwn(window, name) && window[name];
  const option = (s, name) => s?.src && (s.dataset?.[name] || new URL(s.src).searchParams.get(name)), keyOf = (s) => option(s, "key");
  const isWidgetScript = (s) => s?.src?.includes("/widget.js"), own = ofDocument("currentScript");
  const candidates = [...ofDocument("scripts"), ...(own?.src ? [] : performance.getEntriesByType("resource").map((e) => ({ src: /^(sc|fe|x)/.test(e.initiatorType) ? e.name : "" })))].filter(isWidgetScript);
  const fallback = candidates.find(keyOf) || candidates[0] || own, script = isWidgetScript(own) || keyOf(own) ? own : fallback;
  const key = keyOf(own) || globalOf("parleyKey") || keyOf(fallback), server = globalOf("parleyServer") || script?.src;
  if (globalOf("parleyChat")?.again) return window.parleyChat.again(key);
  if (!key || !server) return logError(key ? "set parleyServer." : "no data-key, ?key= or parleyKey.");
  const base = new URL(server).origin, storagePrefix = "parley." + key;
  let attach, host = 0; // attach puts the host element into the page
  const chat = (window.parleyChat = {
    data: {},
    again: (other) => (other && other !== key ? logError("this page has the chat of another key.") : attach?.(true)), // the script runs again
  });
  const queuedCalls = globalOf("parley")?.q || []; // calls of parley() from before this script was loaded

  const listeners = {}; // event name to functions
  chat.emit = (event, detail) => { for (const f of listeners[event] || []) try { f(detail); } catch (e) { console.error(e); } };
  const commands = {
    set: (values) => { Object.assign(chat.data, values); chat.onData?.(); },
    on: (event, f) => { (listeners[event] ||= []).push(f); },
    identify: (token) => {
      chat.identity = token || "";
      if (chat.onIdentity) chat.onIdentity();
      else if (!token) try {
        chat.data = {};
        localStorage.removeItem(storagePrefix);
        for (const k in sessionStorage) if (k.startsWith(storagePrefix + ".")) sessionStorage.removeItem(k);
      } catch { /* storage is off: there is nothing */ }
    },
    open: () => request("open"),
    close: () => request("close"),
    start: (how = {}) => request("start", how),
    show: () => { chat.shown = true; if (chat.button) chat.button.hidden = false; },
  };
  window.parley = (what, ...values) => (Object.hasOwn(commands, what) ? commands[what](...values) : logError("there is no parley(" + what + ")"));

  const requests = [];
  let load; // loads the panel, once the page may show it
  const request = (what, how) => (load ? load().then((panel) => panel?.[what](how)) : requests.push([what, how]));

  async function start() {
    for (const call of queuedCalls.splice(0)) window.parley(...call);
    chat.lang = (option(script, "lang") || document.documentElement.lang || navigator.language || "en").replace(/_/g, "-");
    let answer;
    try {
      answer = await (await fetch(base + "/widget/v1/site?" + new URLSearchParams({ key, lang: chat.lang }), { credentials: "omit" })).json();
    } catch {
      answer = { message: base + " was not reached." };
    }
    const website = answer.website;
    if (!website) {
      logError(answer.refused || answer.message);
      return answer.refused || setTimeout(start, 9000); // busy, or not reached
    }
    chat.lang = website.language || chat.lang;
    if (!document.body) await new Promise((go) => addEventListener("DOMContentLoaded", go));

    // A shadow root keeps the page's CSS out. The stylesheet inside is the one that the page links, if it does.
    host = element("div");
    host.id = "parley";
    host.lang = chat.lang;
    host.dir = /^(ar|fa|he|ur)\b/i.test(chat.lang) ? "rtl" : "ltr";
    const root = host.attachShadow({ mode: "open" });
    const css = document.querySelector('link[data-parley],link[rel="stylesheet"][href^="' + base + '/widget.css"]')?.cloneNode() || element("link");
    css.rel = "stylesheet";
    css.media = ""; // some pages set another one until it is loaded
    css.href ||= base + "/widget.css";
    const styled = new Promise((go) => {
      css.onload = css.onerror = () => { // every time the host is put into the page
        host.style.display = "";
        chat.onAttached?.();
        go();
      };
    });
    const look = website.look;
    host.className = look.left ? "left" : "";
    for (const name in website.css) host.style.setProperty(name, website.css[name]);
    const badge = element("span", "badge"), button = (chat.button = element("button", "launcher", icon(chatIcon), badge));
    button.setAttribute("aria-label", website.texts?.open || "Open chat");
    button.setAttribute("aria-expanded", false);
    badge.hidden = true;
    button.hidden = !chat.shown && !!(look.hidden || look.own);
    root.append(css, button);

    // The host is put beside the body, because scripts replace, empty, scale and disable bodies; and put back, with its attributes, where
    // the page removes it all the same. A page that insists wins.
    const pristine = host.cloneNode(), observer = new MutationObserver(() => attach());
    let attachments = 0, attachedAt = 0;
    attach = (force) => {
      const missing = [...pristine.attributes].filter((a) => !host.hasAttribute(a.name));
      if (host.isConnected && !missing[0]) return;
      attachments = force || Date.now() - attachedAt > 5000 ? 0 : attachments + 1;
      attachedAt = Date.now();
      if (attachments > 9) return attachments > 10 || logError("the page removes the chat.");
      for (const a of missing) host.setAttribute(a.name, a.value);
      if (host.isConnected) return;
      for (const copy of document.querySelectorAll("div#parley[class][lang][dir][style]:empty")) copy.remove();
      host.style.display = "none"; // until the stylesheet is loaded
      document.documentElement.append(host);
      observer.observe(document.documentElement, { childList: true });
    };
    observer.observe(document, { childList: true });
    observer.observe(host, { attributes: true });
    addEventListener("toggle", (e) => { if (e.target.close && e.newState === "open") import(base + website.modal).then((m) => m.default(e.target, host)); }, true);
    for (const name in host) if (/^on(?!key|mouse|pointer)/.test(name)) host.addEventListener(name.slice(2), (e) => { if (e.defaultPrevented || !/^dr/.test(e.type)) e.stopPropagation(); }, { passive: true });
    attach(true);
    await styled;

    let loading;
    load = () => (loading ||= import(base + website.panel).then(
      (module) => module.default({ root, base, key, storagePrefix, website }),
      () => { loading = null; logError("the panel was not loaded. Try again."); },
    ));
    button.onpointerenter = button.onfocus = load;
    button.onclick = () => request("toggle");
    try { document.querySelector(look.own || "a"); } catch { logError("no selector: " + look.own); look.own = ""; button.hidden = false; }
    if (look.own) addEventListener("click", (e) => {
      if (!e.composedPath().some((n) => n.matches?.(look.own))) return;
      e.preventDefault();
      request("open");
    }, true);

    let memory, open = (chat.code = /^#(?:.*[?&])?parley=([\w-]+)$/.exec(location.hash)?.[1]); // the code of a mailed link: see mailedLink.js
    try {
      open ||= sessionStorage.getItem(storagePrefix) === "open";
      memory = JSON.parse(localStorage.getItem(storagePrefix));
    } catch { /* storage is off */ }
    if (open) request("open", false);
    else if (memory?.conversation || chat.identity && memory?.token) request("listen");
    else if (website.invite && !button.hidden) import(base + website.invite.code).then((m) => m.default({ website, storagePrefix, root, button, open: commands.open, on: commands.on }));
    for (const w of requests) request(...w);
  }

  // Hides the chat's events from the page, whose shortcuts, focus traps and wheel handlers must not act on them, not even while capturing.
  // Inside the chat a copy of the event is dispatched; a click calls its handlers instead.
  let pressed; // the pointer or key went down in the chat
  const guard = (e) => {
    const { type } = e, path = e.composedPath(), at = path.indexOf(host);
    if (/down$/.test(type)) pressed = at >= 0;
    if (e.relatedTarget === host) Reflect.defineProperty(e, "relatedTarget", { value: null });
    // 0: a script has dispatched it on the host itself. An event that the page has frozen cannot be changed.
    if (at < 1 || /up$/.test(type) && !pressed || !Reflect.defineProperty(e, "composed", { value: false })) return;
    e.stopImmediatePropagation();
    if (type === "click") for (const n of path.slice(0, at)) n.onclick?.(e);
    else if (!/^t/.test(type)) {
      const copy = new Event(type, e); // in Firefox a KeyboardEvent cannot stay inside a shadow root
      for (const k in e) k in copy || (copy[k] = e[k]);
      if (!path[0].dispatchEvent(copy)) e.preventDefault();
    }
  };
  for (const type of "keydown keypress keyup beforeinput input compositionstart compositionupdate compositionend focus blur focusin focusout pointerdown pointerup mousedown mouseup click touchstart wheel".split(" ")) addEventListener(type, guard, true);

  start();
})();
