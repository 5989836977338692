// Keeps "3 h ago", waiting times and deadlines true while a page stays open. The texts and steps are those
// of returns/display/durations.py and deadlines.py, so nothing changes while the page loads.
import { findAll } from "./dom.js";
import { gettext, interpolate, ngettext, npgettext, pgettext } from "./words.js";

const EVERY_MS = 30_000;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;

/**
 * Return how long ago a time was, or in how long it will be, in its largest unit.
 * @param {number} then
 * @param {number} now Both in milliseconds.
 */
export function relative(then, now) {
  const seconds = Math.floor((now - then) / 1000);
  const size = Math.abs(seconds);
  const isPast = seconds > 0;
  /** @type {(text: string, unit: number) => string} */
  const counted = (text, unit) => interpolate(text, { count: Math.floor(size / unit) }, true);
  if (size >= YEAR) return counted(isPast ? gettext("%(count)s y ago") : gettext("in %(count)s y"), YEAR);
  if (size >= MONTH) return counted(isPast ? gettext("%(count)s mo ago") : gettext("in %(count)s mo"), MONTH);
  if (size >= DAY) {
    const days = Math.floor(size / DAY);
    if (isPast) return counted(ngettext("%(count)s d ago", "%(count)s d ago", days), DAY);
    return counted(ngettext("in %(count)s d", "in %(count)s d", days), DAY);
  }
  if (size >= HOUR) return counted(isPast ? gettext("%(count)s h ago") : gettext("in %(count)s h"), HOUR);
  if (size >= MINUTE) return counted(isPast ? gettext("%(count)s min ago") : gettext("in %(count)s min"), MINUTE);
  return gettext("just now");
}

/**
 * Return how long something lasts, in its two largest units.
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  if (!minutes) return gettext("under a minute");
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  /** @type {string[]} */
  const parts = [];
  if (days) parts.push(interpolate(npgettext("days", "%(count)s d", "%(count)s d", days), { count: days }, true));
  if (hours) parts.push(interpolate(pgettext("hours", "%(count)s h"), { count: hours }, true));
  if (rest && !days) parts.push(interpolate(pgettext("minutes", "%(count)s min"), { count: rest }, true));
  return parts.join(" ");
}

/**
 * Return the class and the text of a deadline that is close or past; null while there is time, and its
 * date is shown.
 * @param {number} due
 * @param {number} soon Milliseconds before the deadline from which it is at risk.
 * @param {number} now
 */
export function standing(due, soon, now) {
  if (due < now) {
    return ["is-late", interpolate(gettext("late by %(duration)s"), { duration: duration(now - due) }, true)];
  }
  if (due <= now + soon) {
    return ["is-at-risk", interpolate(gettext("at risk, due in %(duration)s"), { duration: duration(due - now) }, true)];
  }
  return null;
}

/**
 * @param {Element | null} element
 * @param {string} text
 */
function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/**
 * @param {HTMLTimeElement} time
 * @param {number} now
 */
function updateDeadline(time, now) {
  const found = standing(Date.parse(time.dateTime), Number(time.dataset.soon) * 1000, now);
  if (!found) return;
  const [kind, text] = found;
  time.classList.toggle("is-at-risk", kind === "is-at-risk");
  time.classList.toggle("is-late", kind === "is-late");
  write(time, text);
}

function update() {
  if (document.hidden) return;
  const now = Date.now();
  for (const time of findAll("time.when", HTMLTimeElement)) {
    write(time.firstElementChild, relative(Date.parse(time.dateTime), now));
  }
  for (const time of findAll("time.wait", HTMLTimeElement)) {
    write(time, duration(Math.max(now - Date.parse(time.dateTime), 0)));
  }
  for (const time of findAll("time.due", HTMLTimeElement)) updateDeadline(time, now);
}

setInterval(update, EVERY_MS);
document.addEventListener("visibilitychange", update);
