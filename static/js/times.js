// Keeps "3 h ago", waiting times and deadlines true while a page stays open. The texts and steps are those
// of returns/templatetags/returns_display.py and returns_due.py, so nothing changes while the page loads.
import { findAll } from "./dom.js";

const EVERY_MS = 30_000;
/** @type {[string, number][]} */
const UNITS = [["y", 365 * 86400], ["mo", 30 * 86400], ["d", 86400], ["h", 3600], ["min", 60]];

/**
 * Return how long ago a time was, or in how long it will be, in its largest unit.
 * @param {number} then
 * @param {number} now Both in milliseconds.
 */
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

/**
 * Return how long something lasts, in its two largest units.
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  let minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  if (!minutes) return "under a minute";
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  minutes %= 60;
  const parts = [{ count: days, unit: "d" }, { count: hours, unit: "h" }, { count: minutes, unit: "min" }];
  const shown = parts.filter(({ count }) => count).slice(0, days && !hours ? 1 : 2);
  return shown.map(({ count, unit }) => `${count} ${unit}`).join(" ");
}

/**
 * Return the class and the text of a deadline that is close or past; null while there is time, and its
 * date is shown.
 * @param {number} due
 * @param {number} soon Milliseconds before the deadline from which it is at risk.
 * @param {number} now
 */
export function standing(due, soon, now) {
  if (due < now) return ["is-late", `late by ${duration(now - due)}`];
  if (due <= now + soon) return ["is-at-risk", `at risk, due in ${duration(due - now)}`];
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
