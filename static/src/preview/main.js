// Shows how a website's widget would look to a visitor with the settings that are being typed.
import chooseGreeting from "../../../widget/src/greeting.js";
import format from "../../../widget/src/format.js";
import { chatIcon, element, icon } from "../../../widget/src/dom.js";

const $ = (id) => document.getElementById(id);
const aside = document.querySelector("[data-preview]"), saved = JSON.parse(aside.dataset.preview);

const host = document.createElement("div"), root = host.attachShadow({ mode: "open" });
const css = document.createElement("link");
css.rel = "stylesheet";
css.href = "/widget.css";
const title = element("strong", "", saved.name), status = element("p", "status"), greeting = element("div", "greeting text"), launcher = element("button", "launcher", icon(chatIcon));
launcher.type = "button";
launcher.setAttribute("aria-label", "Launcher preview");
const input = element("textarea", "");
const log = element("div", "log", greeting);
log.tabIndex = 0;
log.setAttribute("role", "region");
log.setAttribute("aria-label", "Greeting preview");
input.rows = 1;
input.readOnly = true;
input.tabIndex = -1;
input.setAttribute("aria-label", "Message preview");
input.placeholder = saved.texts?.write || "Write a message";
const send = element("span", "send", saved.texts?.send || "Send");
const panel = element("section", "panel", element("header", "", element("div", "", title, status)), log, element("div", "composer", input, send));
panel.style.height = "400px";
root.append(css, launcher, panel);
$("stage").append(host);

const field = (name) => document.querySelector(`[data-live] [name="${name}"]`);
const value = (name) => field(name)?.value || "", isOn = (name) => !!field(name)?.checked;

function greetings() {
  const list = [];
  for (const box of document.querySelectorAll("[data-greeting]")) {
    const n = box.dataset.greeting + "-";
    if (isOn(n + "remove") || !(value(n + "text") || value(n + "status"))) continue;
    const states = ["online", "busy", "away", "offline"].filter((s) => isOn(n + s)), days = [0, 1, 2, 3, 4, 5, 6].filter((d) => isOn(n + "day" + d));
    list.push({ text: value(n + "text"), status: value(n + "status"), from: value(n + "from"), to: value(n + "to"), page: value(n + "page"), language: value(n + "language"), holiday: isOn(n + "holiday"),
      states: states.length ? states : undefined, days: days.length ? days : undefined });
  }
  return list;
}

const plain = (language) => language.toLowerCase().replace(/_/g, "-");

function update() {
  // The field has a time in the website's zone: it is treated as UTC, and the zone as well.
  const at = $("see-at").value ? new Date($("see-at").value + "Z") : new Date(), language = $("see-language").value.trim();
  const all = greetings();
  const website = { ...saved, state: $("see-state").value, zone: "UTC", holidays: value("holidays").split(/[\s,;]+/).map((s) => s.replace(/^--/, "")).filter(Boolean),
    greetings: all.filter((g) => !g.language || (plain(language) + "-").startsWith(plain(g.language) + "-")) };
  const g = chooseGreeting(website, at, $("see-page").value || "/");
  greeting.replaceChildren(...format(g.text || "", false, element));
  greeting.hidden = !g.text;
  status.textContent = g.status || "";
  const n = all.indexOf(g);
  $("see-why").textContent = n < 0 ? "No greeting matches. Visitors see the standard greeting." : "Visitors see greeting " + (n + 1) + ".";
  for (const name of ["--accent", "--on-accent"]) host.style.removeProperty(name);
  if (isOn("colored")) { // the same contrast rule as on the server
    const n = parseInt(value("color").slice(1), 16);
    host.style.setProperty("--accent", value("color"));
    host.style.setProperty("--on-accent", (n >> 16) * 3 + ((n >> 8) & 255) * 6 + (n & 255) > 1450 ? "#000" : "#fff");
  }
  host.classList.toggle("left", isOn("left"));
  for (const side of ["x", "y"]) host.style.setProperty("--" + side, (+value(side) || 0) + "px");
  launcher.hidden = isOn("hidden") || !!value("own").trim();
}

const now = new Date();
try {
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", { timeZone: saved.zone || "UTC", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(now).map((p) => [p.type, p.value]));
  $("see-at").value = `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
} catch { /* the browser does not know the zone: the field stays empty */ }
if (saved.state) $("see-state").value = saved.state;
document.addEventListener("input", update);
document.addEventListener("change", update);
update();
