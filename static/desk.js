// The desk's behaviour around the fragments: what is shown, waiting times, keys, drafts, sound. The server owns the content;
// nothing here decides anything that a reload would not show the same.
(() => {
  const $ = (id) => document.getElementById(id);
  const panes = $("panes"), line = $("line"), mine = $("mine"), connection = $("connection");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const entryOf = (pane) => $("mine-" + pane.dataset.conversation);

  // --- panes: the one in focus and those used before it, as many as fit ---------------------------------------------
  let used = all(".pane", panes); // most recent first
  const fresh = new Set(); // conversations with something that nobody has looked at yet
  const room = () => Math.max(1, Math.min(6, Math.floor(panes.clientWidth / 340) || 1));

  function arrange() {
    used = used.filter((p) => p.isConnected);
    for (const p of all(".pane", panes)) if (!used.includes(p)) used.push(p);
    const live = (p) => p === used[0] || p.querySelector(".state.open:not(.gone)"); // what is over makes room for what is not
    used = [...used.filter(live), ...used.filter((p) => !live(p))];
    const shown = used.slice(0, room());
    for (const p of used) {
      p.classList.toggle("shown", shown.includes(p));
      p.classList.toggle("focus", p === used[0]);
      entryOf(p)?.classList.toggle("shown", shown.includes(p));
      if (shown.includes(p) && !document.hidden) fresh.delete(p.dataset.conversation);
      entryOf(p)?.classList.toggle("fresh", fresh.has(p.dataset.conversation));
    }
    if (!used.length) document.body.classList.remove("talking");
  }

  function focus(pane, write = true) {
    const visible = pane.classList.contains("shown");
    used = [pane, ...used.filter((p) => p !== pane)];
    if (visible) { // already on the screen: nothing moves but the mark
      for (const p of used) p.classList.toggle("focus", p === pane);
    } else {
      arrange();
      toEnd(pane);
    }
    document.body.classList.add("talking");
    if (write) pane.querySelector("textarea").focus();
  }

  panes.addEventListener("focusin", (e) => {
    const pane = e.target.closest(".pane");
    if (pane && pane !== used[0]) focus(pane, false);
  });
  addEventListener("resize", arrange);

  // --- threads: stay at the end while at the end --------------------------------------------------------------------
  const thread = (pane) => pane.querySelector(".thread");
  const toEnd = (pane) => { const t = thread(pane); t.scrollTop = t.scrollHeight; };
  const atEnd = (t) => t.scrollHeight - t.scrollTop - t.clientHeight < 80;
  const cursor = (pane) => Math.max(0, ...all("[data-seq]", thread(pane)).slice(-1).map((e) => +e.dataset.seq));

  // --- lists: order, counts -----------------------------------------------------------------------------------------
  const since = (e) => +e.dataset.since || Infinity;
  function sort(list) {
    const items = [...list.children];
    const sorted = [...items].sort((a, b) => since(a) - since(b));
    if (!sorted.some((e, i) => e !== items[i])) return;
    const held = document.activeElement;
    list.append(...sorted);
    if (list.contains(held)) held.focus();
  }

  const plain = document.title;
  function settle() {
    sort(line);
    sort(mine);
    for (const e of all("[data-count]")) e.textContent = document.querySelector(e.dataset.count).childElementCount;
    const load = document.querySelector("[data-load]");
    if (load) load.textContent = all("#mine > :not(.guest)").length;
    arrange();
    const open = all("#mine [data-wait]").length;
    const n = line.childElementCount + open;
    document.title = n ? "(" + n + ") " + plain : plain;
  }

  // --- what comes in ------------------------------------------------------------------------------------------------
  // A fragment marked data-once is put in once: a pane that is there already keeps its thread and its draft.
  // An entry that is there is changed in place: a click or the focus on it must not be lost because news came in.
  function inPlace(task) {
    const list = [line, mine].find((l) => task.target === l || task.target === "#" + l.id);
    if (!list) return;
    if (task.swapSpec.style === "innerHTML") { // the whole list as it is now
      const now = new Set([...task.fragment.children].map((e) => e.id));
      for (const e of [...list.children]) if (!now.has(e.id)) e.remove();
      task.swapSpec = { style: "upsert", key: "data-since", sort: true };
    }
    for (const e of [...task.fragment.children]) {
      const there = $(e.id);
      if (!there) continue;
      there.dataset.since = e.dataset.since;
      if (there.className.replace(/ ?(shown|fresh)\b/g, "") !== e.className) continue; // another kind of entry: it is replaced
      there.querySelector("button").replaceChildren(...e.querySelector("button").childNodes);
      e.remove();
    }
  }

  let ends = [];
  document.addEventListener("htmx:before:swap", (e) => {
    for (const task of e.detail.tasks) {
      inPlace(task);
      for (const once of all("[data-once]", task.fragment)) if ($(once.id)) once.remove();
    }
    ends = all(".pane.shown", panes).map(thread).filter(atEnd);
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const pane of all(".pane", panes)) { // a guest may write notes only, or by now to the visitor too
      const form = pane.querySelector("[data-composer]"), mute = !!pane.querySelector(".guests.mute");
      if (mute !== !!form.mute) kind(form, mute ? "note" : "text");
      form.mute = mute;
    }
    for (const done of all("[data-done]", panes)) done.closest("[data-hand]").open = false;
    const to = panes.querySelector("[data-hand][open] select:not([data-seen])");
    if (to) { to.dataset.seen = ""; to.focus(); }
    settle();
    for (const t of ends) t.scrollTop = t.scrollHeight;
  });

  document.addEventListener("htmx:ws:before:message:incoming", (e) => {
    const text = e.detail.message.data;
    if (typeof text !== "string") return;
    for (const [, id] of text.matchAll(/ id="(m-[^"]+)" class="message visitor"/g)) {
      if ($(id)) continue;
      const target = / hx-target="#thread-([^"]+)"/.exec(text);
      const pane = target && $("pane-" + target[1]);
      $("typing-" + target?.[1])?.replaceChildren();
      attention("message", pane, text.includes('class="pane"') ? "" : plainText(text));
      if (pane && (document.hidden || !pane.classList.contains("shown"))) fresh.add(pane.dataset.conversation);
      break;
    }
    const waiting = / id="line-([^"]+)"/.exec(text);
    if (waiting && ready && !$("line-" + waiting[1])) attention("line", null, "Somebody is waiting in the line");
    if (text.includes('hx-target="#typing-')) fade(/ hx-target="#(typing-[^"]+)"/.exec(text)[1]);
  });
  document.addEventListener("htmx:ws:after:message:incoming", () => {
    ready = true; // the first frame brings the lists: no news
    document.body.classList.add("ready");
    arrange();
  });

  const plainText = (html) => /<p class="body">([\s\S]*?)<\/p>/.exec(html)?.[1].replace(/&#?\w+;/g, "’") || "";
  const fading = {};
  function fade(id) {
    clearTimeout(fading[id]);
    fading[id] = setTimeout(() => $(id)?.replaceChildren(), 5000);
  }

  // --- attention: sound and desktop notification --------------------------------------------------------------------
  let ready = false, rang = 0;
  const quiet = () => localStorage.getItem("parley.quiet") === "1";
  const ping = new Audio(document.body.dataset.sound);
  function attention(kind, pane, text) {
    if (!ready || (pane && pane === used[0] && document.hasFocus())) return;
    if (!quiet() && Date.now() - rang > 1500) {
      rang = Date.now();
      ping.play().catch(() => {}); // before the first click browsers play nothing
    }
    if (window.Notification?.permission === "granted" && !document.hasFocus()) {
      const n = new Notification(kind === "line" ? "New in the line" : pane?.querySelector("h2").textContent || "New message", { body: text.slice(0, 120), tag: pane?.id || "line" });
      n.onclick = () => { window.focus(); if (pane?.isConnected) focus(pane); n.close(); };
    }
  }

  const notify = $("notify"), sound = $("sound");
  function showSettings() {
    const state = window.Notification?.permission;
    notify.hidden = !state;
    notify.textContent = state === "granted" ? "Desktop notifications are on" : state === "denied" ? "Notifications are blocked in the browser" : "Turn on desktop notifications";
    notify.disabled = state !== "default";
    sound.textContent = quiet() ? "Sound is off" : "Sound is on";
    sound.setAttribute("aria-pressed", String(!quiet()));
  }
  notify.addEventListener("click", async () => { await Notification.requestPermission(); showSettings(); });
  sound.addEventListener("click", () => { localStorage.setItem("parley.quiet", quiet() ? "" : "1"); showSettings(); });

  // --- the socket ---------------------------------------------------------------------------------------------------
  // After every opening the page says how far each thread has come, and gets what is missing.
  let socket;
  document.addEventListener("htmx:ws:after:connection", (e) => {
    socket = e.detail.connection.socket;
    connection.textContent = "Online";
    connection.classList.add("on");
    const threads = {};
    for (const p of all(".pane", panes)) threads[p.dataset.conversation] = cursor(p);
    tell({ type: "hello", threads });
    $("trouble").replaceChildren();
    for (const form of all("[data-composer]", panes)) if (form.out?.length) pump(form);
  });
  document.addEventListener("htmx:ws:close", (e) => {
    connection.classList.remove("on");
    connection.textContent = e.detail.code === 1008 ? "Logged out" : "Reconnecting…";
    if (e.detail.code === 1008) location.assign("/login?ended=1&next=/desk");
  });
  const tell = (frame) => { if (socket?.readyState === 1) socket.send(JSON.stringify(frame)); };
  addEventListener("offline", () => { connection.classList.remove("on"); connection.textContent = "No network"; socket?.close(); });
  addEventListener("online", () => { if (!socket || socket.readyState > 1) location.reload(); });

  // --- composers ----------------------------------------------------------------------------------------------------
  // What is sent leaves the text area at once and waits in the pane's outbox until the server has kept it, one after another.
  // Its id is made once, so trying again says nothing twice. Drafts and outboxes survive a reload.
  const memory = (pane) => "parley.pane." + pane.dataset.conversation;
  const area = (form) => form.querySelector("textarea");
  function keep(pane) {
    const form = pane.querySelector("[data-composer]");
    const state = { draft: area(form).value, kind: form.mode, out: form.out };
    try {
      if (state.draft || state.out.length) sessionStorage.setItem(memory(pane), JSON.stringify(state));
      else sessionStorage.removeItem(memory(pane));
    } catch { /* storage is off: the page itself remembers */ }
  }
  function restore(pane) {
    const form = pane.querySelector("[data-composer]");
    let state = {};
    try { state = JSON.parse(sessionStorage.getItem(memory(pane))) || {}; } catch { /* as above */ }
    form.out = state.out || [];
    area(form).value ||= state.draft || "";
    kind(form, state.kind || "text");
    grow(area(form));
    pump(form);
  }
  function forget(pane) {
    try { sessionStorage.removeItem(memory(pane)); } catch { /* as above */ }
  }

  function kind(form, to) {
    form.mode = to;
    form.classList.toggle("noting", to === "note");
    for (const b of all("[data-kind]", form)) b.setAttribute("aria-pressed", String(b.dataset.kind === to));
    area(form).placeholder = to === "note" ? "Write a note. Only your colleagues can see it." : "Write a reply. Enter sends, Shift+Enter makes a new line.";
  }

  function trouble(text) {
    const p = document.createElement("p"), ok = document.createElement("button");
    p.textContent = text;
    ok.type = "button";
    ok.className = "quiet";
    ok.dataset.clear = "#trouble";
    ok.textContent = "OK";
    $("trouble").replaceChildren(p, ok);
  }

  const problem = (form, text) => { form.querySelector(".error").textContent = text; };

  function send(form) {
    const text = area(form).value;
    if (!text.trim()) return;
    form.out.push({ id: crypto.randomUUID?.() || uuid(), kind: form.mode, body: text });
    area(form).value = "";
    kind(form, form.closest(".pane").querySelector(".guests.mute") ? "note" : "text");
    grow(area(form));
    problem(form, "");
    keep(form.closest(".pane"));
    pump(form);
  }

  function pump(form) {
    const next = form.out[0];
    if (!next || form.sending || !form.isConnected) return;
    form.sending = true;
    for (const name in next) form.elements[name].value = next[name];
    form.elements.after.value = cursor(form.closest(".pane"));
    htmx.trigger(form, "send");
  }

  document.addEventListener("change", (e) => {
    if (e.target.id !== "status") return;
    const mineNow = all("#mine > :not(.guest)").length;
    if (e.target.value === "offline" && mineNow && !confirm("Go offline? Your open conversations go back into the line.")) {
      e.stopImmediatePropagation();
      e.target.value = all("option", e.target).find((o) => o.defaultSelected).value;
    }
  }, true);
  document.addEventListener("submit", (e) => {
    const pane = e.target.closest(".pane");
    if (e.target.matches("form.close") && (area(pane).value.trim() || entryOf(pane)?.dataset.since)) {
      const why = area(pane).value.trim() ? "There is an unsent text in it." : "The visitor’s last message is unanswered.";
      if (!confirm("Close this conversation? " + why)) {
        e.preventDefault();
        e.stopImmediatePropagation();
      }
    }
    if (!e.target.matches("[data-composer]")) return;
    e.preventDefault();
    send(e.target);
  }, true);
  document.addEventListener("htmx:finally:request", (e) => {
    const form = e.detail.ctx.sourceElement;
    if (!form?.matches?.("[data-composer]")) return;
    form.sending = false;
    const status = e.detail.ctx.response?.status || 0;
    if (status >= 200 && status < 300) {
      form.out.shift();
      problem(form, "");
      if (document.querySelector("#availability.suspect")) tell({ type: "alive" });
      ends.push(thread(form.closest(".pane")));
      for (const t of ends) t.scrollTop = t.scrollHeight;
    } else if (status >= 400 && status < 500) { // refused, and the server says why: the text goes back to its writer
      const back = form.out.shift();
      area(form).value = [back.body, area(form).value].filter(Boolean).join("\n");
      kind(form, back.kind);
      grow(area(form));
    } else { // not reached, or not well: the same again in a moment
      problem(form, "Not sent yet; it is tried again by itself.");
      setTimeout(() => pump(form), 2000);
      return;
    }
    keep(form.closest(".pane"));
    setTimeout(() => pump(form));
  });
  document.addEventListener("htmx:error", (e) => {
    const from = e.detail.ctx?.sourceElement;
    if (from && !from.matches?.("[data-composer]")) trouble("The server cannot be reached. Please try again in a moment.");
  });

  function uuid() { // pages without TLS have no randomUUID
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    return [...b].map((x, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + x.toString(16).padStart(2, "0")).join("");
  }

  const grow = (text) => { text.rows = Math.min(10, Math.max(2, text.value.split("\n").length)); };
  let typed = 0;
  panes.addEventListener("input", (e) => {
    const form = e.target.closest("[data-composer]");
    if (!form) return;
    const pane = form.closest(".pane");
    keep(pane);
    grow(area(form));
    if (form.mode === "text" && Date.now() - typed > 1500) {
      typed = Date.now();
      tell({ type: "typing", conversation: pane.dataset.conversation });
    }
  });
  let entered = false; // Enter sends; some keyboards insert its line break all the same
  panes.addEventListener("keydown", (e) => {
    entered = e.key === "Enter" && !e.shiftKey && !e.isComposing && e.target.matches("[data-composer] textarea");
    if (!entered) return;
    e.preventDefault();
    send(e.target.form);
  });
  panes.addEventListener("beforeinput", (e) => { if (entered && e.inputType === "insertLineBreak") e.preventDefault(); });

  document.addEventListener("click", (e) => {
    const to = e.target.closest("[data-pane]");
    if (to && $(to.dataset.pane)) focus($(to.dataset.pane));
    const b = e.target.closest("[data-kind]");
    if (b) { kind(b.form, b.dataset.kind); keep(b.closest(".pane")); area(b.form).focus(); }
    if (e.target.closest("[data-back]")) document.body.classList.remove("talking");
    if (e.target.closest("[data-alive]")) tell({ type: "alive" });
    const gone = e.target.closest("[data-dismiss]");
    if (gone) {
      const pane = gone.closest(".pane");
      forget(pane);
      pane.remove();
      arrange();
    }
  });

  addEventListener("keydown", (e) => {
    if (!e.altKey || e.ctrlKey || e.metaKey) return;
    const pane = used[0];
    const act = {
      KeyN: () => $("take-next").click(),
      KeyH: () => { const hand = pane?.querySelector("[data-hand]"); if (hand) { hand.open = !hand.open; if (!hand.open) area(pane).focus(); } },
      KeyY: () => line.querySelector(".offered button")?.click(),
      KeyX: () => line.querySelector(".offered .decline")?.click(),
      KeyQ: () => pane?.querySelector("[data-dismiss]")?.click(),
      KeyT: () => pane?.querySelector("[data-over]")?.click(),
      KeyC: () => pane?.querySelector(".close button").click(),
      KeyM: () => pane && kind(pane.querySelector("[data-composer]"), pane.querySelector("[data-composer]").mode === "note" ? "text" : "note"),
    }[e.code] || (/^Digit[1-9]$/.test(e.code) && (() => {
      const entry = mine.children[e.code.slice(5) - 1];
      entry?.querySelector("button").click();
    }));
    if (act) { e.preventDefault(); act(); }
  });

  // --- handing over: the form is fetched when it is opened, so that it knows who is there -----------------------------
  panes.addEventListener("toggle", (e) => {
    if (!e.target.matches("[data-hand]")) return;
    const form = e.target.querySelector("[hx-get]");
    if (e.target.open) htmx.trigger(form, "open");
    else form.replaceChildren();
  }, true);
  panes.addEventListener("keydown", (e) => {
    const hand = e.key === "Escape" && e.target.closest("[data-hand]");
    if (hand) { hand.open = false; area(hand.closest(".pane")).focus(); }
  });

  // A pane that has just come in takes the focus if the agent asked for it.
  let asked = false;
  document.addEventListener("htmx:before:request", (e) => {
    if (/\/take$/.test(e.detail.ctx.request.action)) asked = true;
    $("trouble").replaceChildren();
  });
  new MutationObserver((changes) => {
    for (const c of changes) for (const node of c.addedNodes) {
      if (!node.matches?.(".pane")) continue;
      restore(node);
      const shown = all(".pane.shown", panes).length;
      if (asked || !shown) focus(node, asked || document.activeElement === document.body);
      else { // came by itself: what is read or written keeps its place, its focus and its mark
        used.splice(shown, 0, node);
        fresh.add(node.dataset.conversation);
        arrange();
      }
      asked = false;
      toEnd(node);
    }
  }).observe(panes, { childList: true });

  document.addEventListener("visibilitychange", () => { if (!document.hidden) settle(); });
  for (const p of all(".pane", panes)) { restore(p); toEnd(p); }
  showSettings();
  settle();
  for (const p of all(".pane.shown", panes)) toEnd(p);
  const called = $(location.hash.slice(1)); // from the board
  if (called && panes.contains(called)) setTimeout(() => focus(called), 50); // after the browser's own jump
})();
