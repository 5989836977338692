// Keep "3 h ago" true while a page stays open, and how long a return waits, and when it is due. The
// words and steps are those of returns/templatetags/returns_display.py and returns_due.py, so
// nothing changes while the page loads.
const EVERY_MS = 30_000;
const UNITS = [["y", 365 * 86400], ["mo", 30 * 86400], ["d", 86400], ["h", 3600], ["min", 60]];

export function relative(then, now) {
  const seconds = Math.floor((now - then) / 1000);
  const size = Math.abs(seconds);
  for (const [unit, length] of UNITS) {
    if (size < length) continue;
    const count = Math.floor(size / length);
    return seconds < 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
  }
  return "just now";
}

// How long something lasts, in its two largest units.
export function duration(milliseconds) {
  let minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  if (!minutes) return "under a minute";
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  minutes %= 60;
  const parts = [[days, "d"], [hours, "h"], [minutes, "min"]].filter(([count]) => count);
  return parts.slice(0, days && !hours ? 1 : 2).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

// How a return stands to its deadline; null while there is time, and the day stands there.
export function standing(due, soon, now) {
  if (due < now) return ["is-late", `late by ${duration(now - due)}`];
  if (due <= now + soon) return ["is-at-risk", `at risk, due in ${duration(due - now)}`];
  return null;
}

function show(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function tickDue(time, now) {
  const stands = standing(Date.parse(time.dateTime), time.dataset.soon * 1000, now);
  if (!stands) return;
  time.classList.toggle("is-at-risk", stands[0] === "is-at-risk");
  time.classList.toggle("is-late", stands[0] === "is-late");
  show(time, stands[1]);
}

function tick() {
  if (document.hidden) return;
  const now = Date.now();
  for (const time of document.querySelectorAll("time.when")) {
    show(time.firstElementChild, relative(Date.parse(time.dateTime), now));
  }
  for (const time of document.querySelectorAll("time.wait")) {
    show(time, duration(Math.max(now - Date.parse(time.dateTime), 0)));
  }
  for (const time of document.querySelectorAll("time.due")) tickDue(time, now);
}

setInterval(tick, EVERY_MS);
document.addEventListener("visibilitychange", tick);
