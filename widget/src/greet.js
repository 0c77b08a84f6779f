// Which of a website's greetings is said: the first that fits. Also used where managers try their greetings.
function clock(zone, now) {
  const p = {};
  for (const { type, value } of new Intl.DateTimeFormat("en-GB", { timeZone: zone || "UTC", weekday: "short", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(now)) p[type] = value;
  return { day: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(p.weekday), time: p.hour + ":" + p.minute, date: p.year + "-" + p.month + "-" + p.day };
}

// A pattern is the beginning of a path, or has * for anything.
export function onPage(pattern, path) {
  if (!pattern) return true;
  const [first, ...rest] = pattern.split("*");
  if (!path.startsWith(first) || !rest.length) return path.startsWith(first);
  let at = first.length;
  const last = rest.pop();
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return path.length - last.length >= at && path.endsWith(last);
}

export default function greet(website, now, path) {
  const c = clock(website.zone, now);
  const free = (website.holidays || []).some((h) => c.date.endsWith(h));
  const state = free && website.state !== "online" ? "offline" : website.state;
  return (website.greetings || []).find((g) => (!g.states || g.states.includes(state)) && (!g.days || g.days.includes(c.day)) && (!g.holiday || free) && onPage(g.page, path) &&
    (!g.from || (g.from <= g.to ? c.time >= g.from && c.time < g.to : c.time >= g.from || c.time < g.to))) || { text: website.greeting };
}
