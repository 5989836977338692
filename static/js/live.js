// Polls for an open list or queue: what is new, and whether server and feed are alive. Nothing on the page
// moves: cells follow what is stored, but rows come and go only when a person asks for it.
import { announce } from "./announce.js";
import { isPending, isStale, watch } from "./answers.js";
import { closest, find, findAll, matches, need } from "./dom.js";
import { linkOf, rows } from "./lists/rows.js";
import { holdStill } from "./still.js";
import { relative } from "./times.js";
import { play } from "./tone.js";
import { gettext, interpolate, npgettext, pgettext } from "./words.js";

const EVERY_MS = 4_000;
const EVERY_MS_WHILE_HIDDEN = 60_000;
const SILENT_MS = 15_000;
const SOUND = "desk-sound";
const TONE = 660; // hertz
// In seconds.
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;

const poller = () => find("#live-poll", HTMLElement);
/** Return the news of the last answer: the data attributes of the polling element. */
const news = () => poller()?.dataset ?? {};
/** @param {HtmxContext} ctx */
const isPoll = (ctx) => ctx.sourceElement?.id === "live-poll";

let answeredAt = Date.now();
let askedAt = Date.now();
let visibleSince = Date.now(); // a hidden page seldom polls
let isSignedOut = false;
let shownSince = news().since;
let announced = "";
let announcedTotal = 0;
let titlePrefix = "";
/** The warning that was announced last. */
let warned = "";
/** The ids of the rows before new ones are shown. @type {Set<string> | null} */
let rowsBefore = null;
let keepPlace = () => {};

// An answer is stale once other rows are shown.
watch("rows", () => news().since);

function poll() {
  const element = poller();
  if (!element?.hasAttribute("hx-get") || isPending(element)) return;
  if (document.hidden && Date.now() - askedAt < EVERY_MS_WHILE_HIDDEN) return;
  askedAt = Date.now();
  element.dispatchEvent(new Event("desk:poll"));
}

/**
 * Return how long something lasts, in its largest unit: "40 s".
 * @param {number} milliseconds
 */
function age(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  /** @type {(text: string, unit: number) => string} */
  const counted = (text, unit) => interpolate(text, { count: Math.floor(seconds / unit) }, true);
  if (seconds < MINUTE) return counted(pgettext("seconds", "%(count)s s"), 1);
  if (seconds < HOUR) return counted(pgettext("minutes", "%(count)s min"), MINUTE);
  if (seconds < DAY) return counted(pgettext("hours", "%(count)s h"), HOUR);
  if (seconds < MONTH) return counted(npgettext("days", "%(count)s d", "%(count)s d", Math.floor(seconds / DAY)), DAY);
  if (seconds < YEAR) return counted(pgettext("months", "%(count)s mo"), MONTH);
  return counted(pgettext("years", "%(count)s y"), YEAR);
}

/**
 * Return how long ago something was, in its largest unit: "40 s ago".
 * @param {number} milliseconds
 */
function ago(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds >= MINUTE) return relative(0, milliseconds);
  return interpolate(gettext("%(count)s s ago"), { count: seconds }, true);
}

/**
 * Return the name of the sentence to show now.
 * @param {HTMLElement} element
 * @param {number} now
 */
function state(element, now) {
  if (isSignedOut) return "signed-out";
  if (element.hasAttribute("data-deleted")) return "deleted";
  if (element.hasAttribute("hx-get") && now - Math.max(answeredAt, visibleSince) > SILENT_MS) return "server";
  const { readAt, silentAfter } = element.dataset;
  return readAt && now - Date.parse(readAt) > Number(silentAfter) * 1000 ? "feed" : "fresh";
}

/**
 * @param {Element | null} element
 * @param {string} text
 */
function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

// A row that has left the list stays in its place until a person asks for the list anew.
function markDeparted() {
  const departed = new Map(findAll("#departed li", HTMLElement).map((each) => [each.dataset.row, each]));
  for (const row of rows()) {
    const departure = departed.get(row.id);
    row.classList.toggle("has-left", Boolean(departure));
    const note = find(".left-note", HTMLElement, row);
    if (!departure) note?.remove();
    else write(note ?? addNote(row), departureText(departure));
  }
}

/** @param {HTMLTableRowElement} row */
function addNote(row) {
  const note = document.createElement("span");
  note.className = "left-note";
  // Not in a cell of its own: that would make room for another column.
  linkOf(row).parentElement?.append(note);
  return note;
}

/** @param {HTMLElement} departure */
function departureText({ dataset, textContent }) {
  const what = textContent ?? "";
  if (!dataset.at) return what;
  const values = { what, age: ago(Date.now() - Date.parse(dataset.at)) };
  return interpolate(pgettext("row that has left the list", "%(what)s %(age)s"), values, true);
}

function update() {
  markDeparted();
  const line = find("#live-line", HTMLElement);
  const element = poller();
  if (!line || !element || document.hidden) return;
  const now = Date.now();
  const shown = state(element, now);
  for (const sentence of findAll(":scope > *", HTMLElement, line)) sentence.hidden = sentence.dataset.sentence !== shown;
  const updated = need("[data-updated]", HTMLElement, line);
  updated.hidden = !element.hasAttribute("hx-get");
  write(updated, `${interpolate(gettext("Updated %(age)s"), { age: ago(now - answeredAt) }, true)} · `);
  write(line.querySelector("[data-silence]"), age(now - answeredAt));
  const { readAt } = element.dataset;
  if (readAt) {
    for (const part of line.querySelectorAll("[data-age]")) write(part, age(now - Date.parse(readAt)));
    for (const part of line.querySelectorAll("[data-ago]")) write(part, ago(now - Date.parse(readAt)));
  }
  warn(shown === "fresh" ? "" : shown, line);
}

/**
 * Announce a warning once, when it begins.
 * @param {string} warning
 * @param {HTMLElement} line
 */
function warn(warning, line) {
  if (warning && warning !== warned) announce(need(`[data-sentence=${warning}]`, HTMLElement, line).textContent.trim());
  warned = warning;
}

function markTitle() {
  const { mark } = news();
  const prefix = mark ? `(${mark}) ` : "";
  const hasPrefix = titlePrefix && document.title.startsWith(titlePrefix);
  const title = prefix + (hasPrefix ? document.title.slice(titlePrefix.length) : document.title);
  if (document.title !== title) document.title = title;
  titlePrefix = prefix;
}

function announceNews() {
  const { text = "", total = "0" } = news();
  if (text && text !== announced) announce(text);
  if (Number(total) > announcedTotal) beep();
  announced = text;
  announcedTotal = Number(total);
}

function beep() {
  if (localStorage.getItem(SOUND) === "on") play(TONE);
}

function showSoundButton() {
  const button = find("#live-sound", HTMLElement);
  if (!button) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", String(localStorage.getItem(SOUND) === "on"));
}

function switchSound() {
  localStorage.setItem(SOUND, localStorage.getItem(SOUND) === "on" ? "off" : "on");
  showSoundButton();
  beep();
}

/**
 * Mark the rows that have come in, and restore the focus: the element that had it is gone.
 * @param {Set<string>} before
 */
function showNewRows(before) {
  const added = rows().filter((row) => !before.has(row.id));
  for (const row of added) row.classList.add("is-new");
  if (document.activeElement !== document.body) return;
  const row = added[0] ?? rows()[0];
  if (row) linkOf(row).focus({ preventScroll: true });
}

// Another list is shown, or the same list was reloaded.
function startAnew() {
  shownSince = news().since;
  answeredAt = Date.now();
  isSignedOut = false;
  announced = "";
  announcedTotal = 0;
  if (!rowsBefore || !poller()) return;
  const before = rowsBefore;
  rowsBefore = null;
  showNewRows(before);
}

// Numbers that grow may need another line; what the person looks at stays where it is.
function holdRowsStill() {
  const { activeElement } = document;
  const place = matches(activeElement, "#main *") ? activeElement : find("#return-results", HTMLElement);
  return place ? holdStill(place) : () => {};
}

function afterSwap() {
  keepPlace();
  if (news().since !== shownSince) startAnew();
  showSoundButton();
  announceNews();
  update();
  // After htmx has written the title of the answer.
  setTimeout(markTitle);
}

/** @param {HtmxEvent} event */
function beforeSwap(event) {
  const { ctx } = event.detail;
  if (isPoll(ctx) && isStale(ctx, "rows")) return event.preventDefault();
  keepPlace = isPoll(ctx) ? holdRowsStill() : () => {};
  if (ctx.sourceElement?.id === "show-news") rowsBefore = new Set(rows().map((row) => row.id));
}

/** @param {HtmxEvent} event */
function afterRequest({ detail: { ctx } }) {
  if (!isPoll(ctx)) return;
  const status = ctx.response?.status ?? 0;
  isSignedOut = status === 401;
  if (status === 200 || status === 304) answeredAt = Date.now();
  update();
}

document.addEventListener("htmx:after:request", afterRequest);
document.addEventListener("htmx:before:swap", beforeSwap);
document.addEventListener("htmx:after:swap", afterSwap);
document.addEventListener("click", ({ target }) => {
  if (closest(target, "#live-sound", Element)) switchSound();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  visibleSince = Date.now();
  update();
  poll();
});
setInterval(poll, EVERY_MS);
setInterval(update, 1_000);
showSoundButton();
update();
