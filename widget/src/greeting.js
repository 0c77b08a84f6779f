// Chooses which of a website's greetings is shown: the first that fits. Also used by the preview for managers.

// Returns the time in a zone, with the weekday and date of today and of yesterday.
function clock(zone, now) {
  const p = {};
  for (const { type, value } of new Intl.DateTimeFormat("en-GB", { timeZone: zone || "UTC", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(now)) p[type] = value;
  const [today, yesterday] = [0, 1].map((back) => {
    const date = new Date(Date.UTC(p.year, p.month - 1, p.day - back));
    return { day: date.getUTCDay(), date: date.toISOString().slice(0, 10) };
  });
  return { today, yesterday, time: p.hour + ":" + p.minute };
}

// Reports whether a path matches a pattern: the beginning of a path, or one with * for anything.
export function matchesPage(pattern, path) {
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

// Returns the first greeting that fits. Times belong to the day on which they begin: "Friday 22:00-06:00" lasts until Saturday 6:00, as with
// the hours of groups on the server.
export default function chooseGreeting(website, now, path) {
  const { today, yesterday, time } = clock(website.zone, now);
  const isHoliday = ({ date }) => (website.holidays || []).some((h) => date.endsWith(h));
  const state = isHoliday(today) && website.state !== "online" ? "offline" : website.state;
  return (website.greetings || []).find((g) => {
    const pastMidnight = g.from > g.to, sinceYesterday = pastMidnight && time < g.to, day = sinceYesterday ? yesterday : today;
    return (!g.states || g.states.includes(state)) && (!g.days || g.days.includes(day.day)) && (!g.holiday || isHoliday(day)) && matchesPage(g.page, path) &&
      (!g.from || sinceYesterday || time >= g.from && (pastMidnight || time < g.to));
  }) || { text: website.greeting };
}
