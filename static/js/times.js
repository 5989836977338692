// Keep "3 h ago" true while a page stays open. The words and steps are those of
// returns/templatetags/returns_display.py, so nothing changes while the page loads.
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

function tick() {
  if (document.hidden) return;
  const now = Date.now();
  for (const time of document.querySelectorAll("time.when")) {
    const words = relative(Date.parse(time.dateTime), now);
    const shown = time.firstElementChild;
    if (shown.textContent !== words) shown.textContent = words;
  }
}

setInterval(tick, EVERY_MS);
document.addEventListener("visibilitychange", tick);
