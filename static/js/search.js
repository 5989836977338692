// The search box. Enter replaces the page in place, so that the box stays and a person can go on scanning.
// Pasted lines stay separate numbers.
import { announce } from "./announce.js";
import { closest, find, findAll, matches } from "./dom.js";
import { focusRow, rows } from "./lists/rows.js";
import { belongsToScan } from "./scanner.js";
import { hasModifier } from "./typing.js";

// A scanner may end with carriage return and line feed: two times Enter.
const SAME_ENTER_MS = 300;

/** The last Enter: isOpening until its answer is known, isListWaiting if the list has been held back for it. */
let entered = { text: /** @type {string | null} */ (null), at: -Infinity, isOpening: false, isListWaiting: false };

const searchBox = () => find("#id_q", HTMLInputElement);
/**
 * @param {EventTarget | null | undefined} target
 * @returns {target is HTMLInputElement}
 */
const isBox = (target) => target instanceof HTMLInputElement && target.id === "id_q";

/**
 * Tell whether the request opens a page for the box, and not for a step from return to return.
 * @param {HtmxContext} ctx
 */
const isOfBox = (ctx) => ctx.select === "#main" && !matches(ctx.sourceElement, "#next-return, #previous-return");

// Keys in the box

/**
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} box
 */
function onKeyInBox(event, box) {
  if (event.isComposing) return;
  if (event.key === "Enter") {
    onEnter(event, box);
  } else if (event.key === "ArrowDown" && !hasModifier(event)) {
    if (enterResults()) event.preventDefault();
  } else if ((event.key === "Tab" || event.ctrlKey) && belongsToScan(event, box.value)) {
    // A scan may end with Tab as well. Control characters in it arrive as shortcuts of the browser.
    event.preventDefault();
    if (event.key === "Tab") enter(box);
  }
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} box
 */
function onEnter(event, box) {
  const isSame = box.value === entered.text && event.timeStamp - entered.at < SAME_ENTER_MS;
  if (event.repeat || isSame) return event.preventDefault();
  rememberEnter(box, event.timeStamp);
}

/**
 * @param {HTMLInputElement} box
 * @param {number} at
 */
function rememberEnter(box, at) {
  entered = { text: box.value, at, isOpening: true, isListWaiting: false };
  // The next scan replaces this one instead of being added to it.
  box.select();
}

/**
 * Do what Enter in the box does.
 * @param {HTMLInputElement} box
 */
export function enter(box) {
  if (!box.form) return;
  const button = find("button[type=submit]", HTMLButtonElement, box.form);
  rememberEnter(box, performance.now());
  if (button) button.click();
  else box.form.requestSubmit();
}

/**
 * Paste lines with commas between them: a field of one line would join them.
 * @param {ClipboardEvent} event
 */
function onPaste(event) {
  const text = event.clipboardData?.getData("text") ?? "";
  const lines = text.split(/[\r\n\t\v\f\u2028\u2029]+/).map((line) => line.trim()).filter(Boolean);
  if (lines.length < 2) return;
  event.preventDefault();
  document.execCommand("insertText", false, lines.join(", "));
}

// From the box to what is below it, and back

// The nearest numbers, or what was opened last.
const OFFERS = "#recent:not([hidden]) a.reference, #return-results .nearest a.reference";
const offers = () => findAll(OFFERS, HTMLAnchorElement);

/**
 * Move the focus to the first offer or result; return false if there is none.
 */
function enterResults() {
  const first = offers()[0];
  const row = rows()[0];
  if (first) first.focus();
  else if (row) focusRow(row);
  return Boolean(first ?? row);
}

/** @param {KeyboardEvent} event */
function onKeyInOffers(event) {
  const link = closest(event.target, "a", HTMLAnchorElement);
  const all = offers();
  const index = link ? all.indexOf(link) : -1;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (index < 0 || !step || hasModifier(event)) return;
  event.preventDefault();
  const next = index + step < 0 ? searchBox() : all[index + step];
  next?.focus();
}

// The list follows the box

/** @param {HTMLInputElement} box */
function updateList(box) {
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// Text that was typed before the scripts had loaded has not updated the list yet.
function catchUp() {
  const box = searchBox();
  if (box && box.value !== box.defaultValue) updateList(box);
}

/** @param {HtmxEvent} event */
function onPageOpened({ detail: { ctx } }) {
  const box = searchBox();
  if (!box || ctx.select !== "#main" || ctx.response?.status !== 200) return;
  const texts = ["h1", "#return-count"].map((part) => document.querySelector(`#main ${part}`)?.textContent);
  announce(texts.filter(Boolean).join(", "));
  // What was typed since Enter belongs to the new page.
  if (isOfBox(ctx) && box.value !== entered.text) updateList(box);
}

/**
 * Hold the list back while the answer to Enter may still replace it. Updated before, it would be one more
 * step for Back, and would hide that the page could not be opened.
 * @param {HtmxEvent} event
 */
function holdListBack(event) {
  const { sourceEvent } = event.detail.ctx;
  if (sourceEvent?.type !== "input" || !isBox(sourceEvent.target)) return;
  if (searchBox()?.value !== entered.text) entered.isOpening = false;
  if (!entered.isOpening) return;
  entered.isListWaiting = true;
  event.preventDefault();
}

/** @param {HtmxEvent} event */
function releaseList({ detail: { ctx } }) {
  const status = ctx.response?.status ?? Infinity;
  if (!isOfBox(ctx) || status >= 400) return;
  entered.isOpening = false;
  const box = searchBox();
  if (box && status === 204 && entered.isListWaiting) updateList(box);
}

/** @param {DocumentEventMap["htmx:before:history:update"]} event */
function onNewAddress(event) {
  const { history: next, response } = event.detail;
  const isSame = next.path === location.pathname + location.search;
  // Back has no step for a page that failed, nor for the same page again.
  if (isSame || response.status >= 400) event.preventDefault();
}

let hadFocus = false;
function beforeGoingBack() {
  hadFocus = isBox(document.activeElement);
}

/** @param {HtmxEvent} event */
function afterGoingBack({ detail: { ctx } }) {
  if (!ctx.request.headers["HX-History-Restore-Request"]) return;
  // The answer to Enter does not arrive any more.
  entered.isOpening = false;
  if (!hadFocus) return;
  hadFocus = false;
  searchBox()?.focus();
  searchBox()?.select();
}

document.addEventListener("keydown", (event) => isBox(event.target) && onKeyInBox(event, event.target));
document.addEventListener("keydown", onKeyInOffers);
document.addEventListener("paste", (event) => isBox(event.target) && onPaste(event));
document.addEventListener("htmx:finally:swap", onPageOpened);
document.addEventListener("htmx:finally:swap", afterGoingBack);
document.addEventListener("htmx:config:request", holdListBack);
document.addEventListener("htmx:finally:request", releaseList);
document.addEventListener("htmx:before:history:update", onNewAddress);
document.addEventListener("htmx:before:history:restore", beforeGoingBack);
// Either this script or htmx may be the first to run.
document.addEventListener("htmx:after:process", (event) => event.target === document.body && catchUp());
catchUp();
