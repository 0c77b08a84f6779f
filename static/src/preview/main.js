// What a visitor would see of a website's widget, with the settings as they are typed.
import greet from "../../../widget/src/greet.js";
import format from "../../../widget/src/format.js";
import { bubble, icon, make } from "../../../widget/src/make.js";

const $ = (id) => document.getElementById(id);
const aside = document.querySelector("[data-preview]"), saved = JSON.parse(aside.dataset.preview);

const host = document.createElement("div"), root = host.attachShadow({ mode: "open" });
const css = document.createElement("link");
css.rel = "stylesheet";
css.href = "/widget.css";
const title = make("strong", "", saved.name), status = make("p", "status"), said = make("div", "greeting text"), launcher = make("button", "launcher", icon(bubble));
launcher.type = "button";
launcher.setAttribute("aria-label", "The launcher, as it looks");
const input = make("textarea", "");
const log = make("div", "log", said);
log.tabIndex = 0;
log.setAttribute("role", "region");
log.setAttribute("aria-label", "The greeting");
input.rows = 1;
input.readOnly = true;
input.tabIndex = -1;
input.setAttribute("aria-label", "Where visitors write");
input.placeholder = saved.texts?.write || "Write a message";
const send = make("span", "send", saved.texts?.send || "Send");
const panel = make("section", "panel", make("header", "", make("div", "", title, status)), log, make("div", "composer", input, send));
panel.style.height = "400px";
root.append(css, launcher, panel);
$("stage").append(host);

const field = (name) => document.querySelector(`[data-live] [name="${name}"]`);
const value = (name) => field(name)?.value || "", on = (name) => !!field(name)?.checked;

function greetings() {
  const list = [];
  for (const box of document.querySelectorAll("[data-greeting]")) {
    const n = box.dataset.greeting + "-";
    if (on(n + "remove") || !(value(n + "text") || value(n + "status"))) continue;
    const states = ["online", "busy", "away", "offline"].filter((s) => on(n + s)), days = [0, 1, 2, 3, 4, 5, 6].filter((d) => on(n + "day" + d));
    list.push({ text: value(n + "text"), status: value(n + "status"), from: value(n + "from"), to: value(n + "to"), page: value(n + "page"), language: value(n + "language"), holiday: on(n + "holiday"),
      states: states.length ? states : undefined, days: days.length ? days : undefined });
  }
  return list;
}

const plain = (language) => language.toLowerCase().replace(/_/g, "-");

function show() {
  // The field says a time in the website's zone: it is looked at as if that were UTC.
  const at = $("see-at").value ? new Date($("see-at").value + "Z") : new Date(), language = $("see-language").value.trim();
  const all = greetings();
  const website = { ...saved, state: $("see-state").value, zone: "UTC", holidays: value("holidays").split(/[\s,;]+/).map((s) => s.replace(/^--/, "")).filter(Boolean),
    greetings: all.filter((g) => !g.language || (plain(language) + "-").startsWith(plain(g.language) + "-")) };
  const g = greet(website, at, $("see-page").value || "/");
  said.replaceChildren(...format(g.text || "", false, make));
  said.hidden = !g.text;
  status.textContent = g.status || "";
  const n = all.indexOf(g);
  $("see-why").textContent = n < 0 ? "None of the greetings fits: the website’s own is said." : "Greeting " + (n + 1) + " is said.";
  for (const name of ["--accent", "--on-accent"]) host.style.removeProperty(name);
  if (on("colored")) { // as the launcher does
    const n = parseInt(value("color").slice(1), 16);
    host.style.setProperty("--accent", value("color"));
    host.style.setProperty("--on-accent", (n >> 16) * 3 + ((n >> 8) & 255) * 6 + (n & 255) > 1450 ? "#000" : "#fff");
  }
  host.classList.toggle("left", on("left"));
  for (const side of ["x", "y"]) host.style.setProperty("--" + side, (+value(side) || 0) + "px");
  launcher.hidden = on("hidden") || !!value("own").trim();
}

const now = new Date();
try {
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", { timeZone: saved.zone || "UTC", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(now).map((p) => [p.type, p.value]));
  $("see-at").value = `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
} catch { /* a zone that the browser does not know: any time can be chosen */ }
if (saved.state) $("see-state").value = saved.state;
document.addEventListener("input", show);
document.addEventListener("change", show);
show();
