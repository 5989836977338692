// The selected returns, and the bar of actions for them.
import { announce } from "../announce.js";
import { closest, find, findAll, need } from "../dom.js";
import { gettext, grouped, interpolate, ngettext } from "../words.js";
import { rows } from "./rows.js";

// As many numbers as the search box takes at once.
const MAX_SEARCHED = 200;

/** By the value of the checkbox. @type {Map<string, { reference: string, tracking: string }>} */
const selected = new Map();
/** The text of the search box when something was selected. @type {string | undefined} */
let search;
/** The checkbox that was clicked last: one end of a range. @type {string | null} */
let last = null;

const bar = () => find("#selection", HTMLElement);
const results = () => need("#return-results", HTMLElement);
const checkboxes = () => rows().map((row) => need("[name=select]", HTMLInputElement, row));

/** @param {HTMLInputElement} box */
function remember(box) {
  const row = closest(box, "tr", HTMLElement);
  const reference = row?.dataset.return ?? "";
  if (box.checked) selected.set(box.value, { reference, tracking: box.dataset.tracking ?? "" });
  else selected.delete(box.value);
}

function show() {
  const all = checkboxes();
  for (const box of all) {
    box.checked = selected.has(box.value);
    box.closest("tr")?.classList.toggle("selected", box.checked);
  }
  const page = find("#select-page", HTMLInputElement);
  const onPage = all.filter((box) => box.checked).length;
  if (page) {
    page.checked = onPage > 0 && onPage === all.length;
    page.indeterminate = onPage > 0 && onPage < all.length;
  }
  showBar(need("#selection", HTMLElement), onPage);
}

/**
 * @param {HTMLElement} element
 * @param {number} onPage
 */
function showBar(element, onPage) {
  const returns = [...selected.values()];
  const references = returns.map(({ reference }) => reference);
  const trackings = returns.map(({ tracking }) => tracking).filter(Boolean);
  element.hidden = !returns.length;
  need("[data-count]", HTMLElement, element).textContent = countText(returns.length, onPage);
  need("[data-references]", HTMLElement, element).dataset.copy = references.join("\n");
  const copyTrackings = need("[data-trackings]", HTMLButtonElement, element);
  copyTrackings.dataset.copy = trackings.join("\n");
  copyTrackings.disabled = !trackings.length;
  const only = need("[data-only]", HTMLAnchorElement, element);
  only.href = `${only.pathname}?${new URLSearchParams({ q: references.join(", ") })}`;
  only.hidden = returns.length > MAX_SEARCHED;
  const ids = [...selected.keys()];
  const query = new URLSearchParams(ids.map((id) => ["id", id]));
  for (const link of findAll("[data-tag], [data-macros]", HTMLAnchorElement, element)) link.href = `${link.pathname}?${query}`;
  const field = find("[data-ids]", HTMLInputElement, element);
  if (field) field.value = ids.join(",");
}

/**
 * @param {number} count
 * @param {number} [onPage]
 */
function countText(count, onPage = count) {
  const text = onPage < count
    ? ngettext("%(count)s selected, %(onPage)s on this page", "%(count)s selected, %(onPage)s on this page", count)
    : ngettext("%(count)s selected", "%(count)s selected", count);
  return interpolate(text, { count: grouped(count), onPage: grouped(onPage) }, true);
}

function announceCount() {
  announce(selected.size ? countText(selected.size) : gettext("Nothing selected"));
}

function clear() {
  selected.clear();
  last = null;
  show();
}

function clearAndReturnFocus() {
  const row = rows().find((one) => one.classList.contains("selected")) ?? rows()[0];
  clear();
  if (row) find("[name=select]", HTMLInputElement, row)?.focus();
}

/**
 * Select or clear a row; with a range also those between it and the last one.
 * @param {HTMLInputElement} box
 * @param {boolean} isRange
 */
function choose(box, isRange) {
  const all = checkboxes();
  const from = isRange ? all.findIndex((other) => other.value === last) : -1;
  const [first, end] = [from < 0 ? all.indexOf(box) : from, all.indexOf(box)].sort((a, b) => a - b);
  for (const other of all.slice(first, end + 1)) {
    other.checked = box.checked;
    remember(other);
  }
  last = box.value;
}

/** @param {HTMLInputElement} page */
function choosePage(page) {
  for (const box of checkboxes()) {
    box.checked = page.checked;
    remember(box);
  }
}

/** @param {MouseEvent} event */
function onClick({ target, shiftKey }) {
  if (closest(target, "[data-clear]", Element)) clearAndReturnFocus();
  else if (!(target instanceof HTMLInputElement)) return;
  else if (target.id === "select-page") choosePage(target);
  else if (target.matches("#return-results [name=select]")) choose(target, shiftKey);
  else return;
  show();
  announceCount();
}

// The selection survives other filters, sorts and pages, but not another search.
function onSwap() {
  if (!bar()) return;
  const isOtherSearch = search !== results().dataset.q;
  search = results().dataset.q;
  if (isOtherSearch && selected.size) {
    clear();
    announce(gettext("Selection cleared"));
  }
  show();
}

// The browser restores what was checked before Back or a reload.
function comeBack() {
  if (!bar()) return;
  search = results().dataset.q;
  for (const box of checkboxes()) remember(box);
  show();
}

document.addEventListener("click", onClick);
document.addEventListener("htmx:after:swap", onSwap);
addEventListener("pageshow", comeBack);
