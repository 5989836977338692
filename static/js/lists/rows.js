// The rows of the list, and the current row, which stays current while the list changes.
import { closest, findAll, isFocusSomewhere, need } from "../dom.js";

const CURRENT = "is-current";
const ROW = "#return-results tr[data-return]";

/**
 * Return the rows of the list, from the top.
 */
export const rows = () => findAll(ROW, HTMLTableRowElement);
/**
 * Return the link to the row's return: it carries the focus of its row.
 * @param {HTMLTableRowElement} row
 */
export const linkOf = (row) => need("a.reference", HTMLAnchorElement, row);
/** @param {EventTarget | null} target */
const rowOf = (target) => closest(target, ROW, HTMLTableRowElement);
/** @param {string | null} id */
const rowById = (id) => {
  const row = id ? document.getElementById(id) : null;
  return row instanceof HTMLTableRowElement ? row : null;
};

/** @type {string | null} */
let currentId = null;
let hadFocus = false;

// By address, so that Back finds the row again.
const memory = () => `desk-row:${location.pathname}${location.search}`;

/**
 * Return the current row, or null.
 */
export function current() {
  return rowOf(document.activeElement) ?? rowById(currentId);
}

/** @param {HTMLTableRowElement | null | undefined} row */
function mark(row) {
  for (const marked of document.querySelectorAll(`tr.${CURRENT}`)) marked.classList.remove(CURRENT);
  currentId = row?.id ?? null;
  row?.classList.add(CURRENT);
  if (row) sessionStorage.setItem(memory(), row.id);
}

/**
 * Make the row current and give it the focus.
 * @param {HTMLTableRowElement} row
 */
export function focusRow(row) {
  mark(row);
  linkOf(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/**
 * Move by one row, but not beyond the ends; to the first row if none is current.
 * @param {1 | -1} step
 */
export function move(step) {
  const all = rows();
  if (!all.length) return;
  const row = current();
  const index = row ? all.indexOf(row) : -1;
  focusRow(all[index < 0 ? 0 : Math.min(Math.max(index + step, 0), all.length - 1)]);
}

/**
 * Tell whether the row is the first one of the list.
 * @param {HTMLTableRowElement | null} row
 */
export const isFirst = (row) => Boolean(row) && row === rows()[0];

/**
 * Move the focus from a field to the list; return false if the list has no rows.
 */
export function enterList() {
  const row = current() ?? rows()[0];
  if (row) focusRow(row);
  return Boolean(row);
}

function beforeSwap() {
  hadFocus = Boolean(rowOf(document.activeElement));
}

// The same return if it is still there; otherwise the first row, with the focus if that was lost.
function afterSwap() {
  if (!currentId) return;
  const same = rowById(currentId);
  if (same) return mark(same);
  const row = rowById(sessionStorage.getItem(memory())) ?? rows()[0];
  mark(row);
  if (row && hadFocus && !isFocusSomewhere()) linkOf(row).focus({ preventScroll: true });
}

/**
 * Reload the list that is shown now: columns may be chosen while another list is loading.
 * @param {HtmxEvent} event
 */
function reloadCurrent({ detail: { ctx } }) {
  if (ctx.sourceElement.id !== "list-again") return;
  ctx.request.action = ctx.sourceElement.getAttribute("hx-get") ?? ctx.request.action;
}

// The row that one was at; a link from the page of a return names its row.
function comeBack() {
  const [visit] = performance.getEntriesByType("navigation");
  const isNew = visit instanceof PerformanceNavigationTiming && visit.type === "navigate";
  const row = rowById(isNew ? location.hash.slice(1) : sessionStorage.getItem(memory()));
  if (!row) return;
  mark(row);
  if (!isFocusSomewhere()) focusRow(row);
}

document.addEventListener("focusin", ({ target }) => {
  const row = rowOf(target);
  if (row) mark(row);
});
document.addEventListener("htmx:before:request", reloadCurrent);
document.addEventListener("htmx:before:swap", beforeSwap);
document.addEventListener("htmx:after:swap", afterSwap);
// Not before the browser has followed the address to its row, which takes away the focus.
if (location.hash) addEventListener("load", () => setTimeout(comeBack));
else comeBack();
