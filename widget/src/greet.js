// Which of a website's greetings is said: the first that fits. Also used where managers try their greetings.
// What clocks in a zone show, with the day and date of today, and of the day before.
function clock(zone, now) {
  const p = {};
  for (const { type, value } of new Intl.DateTimeFormat("en-GB", { timeZone: zone || "UTC", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(now)) p[type] = value;
  const [today, before] = [0, 1].map((back) => {
    const date = new Date(Date.UTC(p.year, p.month - 1, p.day - back));
    return { day: date.getUTCDay(), date: date.toISOString().slice(0, 10) };
  });
  return { today, before, time: p.hour + ":" + p.minute };
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

// Times belong to the day on which they begin: "Friday 22:00-06:00" lasts until Saturday 6:00 (as Hours in app/domain/group/hours.go).
export default function greet(website, now, path) {
  const { today, before, time } = clock(website.zone, now);
  const free = ({ date }) => (website.holidays || []).some((h) => date.endsWith(h));
  const state = free(today) && website.state !== "online" ? "offline" : website.state;
  return (website.greetings || []).find((g) => {
    const over = g.from > g.to, late = over && time < g.to, day = late ? before : today;
    return (!g.states || g.states.includes(state)) && (!g.days || g.days.includes(day.day)) && (!g.holiday || free(day)) && onPage(g.page, path) &&
      (!g.from || late || time >= g.from && (over || time < g.to));
  }) || { text: website.greeting };
}
