// Single keys: j, k, t, x and the others in the list of keys. They are recognised by their character, so they
// are the same on every keyboard. They do nothing while a person types, or in a dialog or menu.
//
// A scan may begin on the page, outside of fields for text, also in a dialog or on a button, and must not act as keys.
// So a letter waits until no other character can follow it at a scanner's pace; other keys, and a key that is held
// down, act at once.
import { announce } from "./announce.js";
import { claimRow, remindOfReturn, remindOfRow } from "./claims.js";
import { closest, find, findAll, matches, need, whenReady } from "./dom.js";
import { onEscape } from "./escape.js";
import { current, enterList, isFirst, linkOf, move, rows } from "./lists/rows.js";
import { runMacroHere, runMacroOn } from "./macros.js";
import { closeMenus } from "./menus.js";
import { step } from "./record/steps.js";
import { isScan, recognise, SCAN_PAUSE_MS } from "./scanner.js";
import { enter } from "./search.js";
import { hasModifier, isTyping } from "./typing.js";
import { gettext } from "./words.js";

const searchBox = () => find("#id_q", HTMLInputElement);

// What the keys do

/** @param {Element} place */
function editTags(place) {
  const button = find(".edit-tags button", HTMLElement, place);
  if (!button) return find(".tagging [role=combobox]", HTMLElement, place)?.focus();
  // The editor's box takes over the focus of the button that opened it.
  button.focus();
  button.click();
}

/** @param {HTMLTableRowElement} row */
function editTagsOf(row) {
  if (!row.querySelector(".tagging")) return announce(gettext("Show the column Tags to edit tags here."));
  editTags(row);
}

/** @param {HTMLTableRowElement} row */
function preview(row) {
  row.dispatchEvent(new CustomEvent("desk:preview", { bubbles: true }));
}

function focusSearchBox() {
  searchBox()?.focus();
  searchBox()?.select();
}

function showHelp() {
  const menu = need("#person-menu", HTMLDetailsElement);
  if (menu.open) {
    menu.open = false;
    need("summary", HTMLElement, menu).focus();
  }
  need("#keys", HTMLDialogElement).showModal();
}

/** @param {string} id */
const click = (id) => () => document.getElementById(id)?.click();

/**
 * Return a command that acts on the current row, or moves to the first row if none is current.
 * @param {(row: HTMLTableRowElement) => void} action
 */
const withRow = (action) => () => {
  const row = current();
  if (row) action(row);
  else move(1);
};

/** @typedef {Record<string, () => void>} Commands */

/** @type {Commands} */
const ON_EVERY_PAGE = { "?": showHelp, "/": focusSearchBox };
/** @type {Commands} */
const ON_LIST = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => (isFirst(current()) ? focusSearchBox() : move(-1)),
  t: withRow(editTagsOf),
  x: withRow((row) => need("[name=select]", HTMLElement, row).click()),
  p: withRow(preview),
  v: withRow(claimRow),
  r: withRow(remindOfRow),
  m: withRow(runMacroOn),
  " ": withRow(preview),
  n: click("page-next"),
  b: click("page-previous"),
};
/** @type {Commands} */
const ON_RETURN = {
  j: () => step(1),
  k: () => step(-1),
  t: () => editTags(need("#main", HTMLElement)),
  c: () => document.getElementById("comment-new-text")?.focus(),
  v: click("claim-button"),
  r: remindOfReturn,
  m: runMacroHere,
};

/**
 * Return what a key does on this page; nothing if the person has switched single keys off.
 * @param {KeyboardEvent} event
 */
function commandOf({ key, target }) {
  if (document.body.dataset.singleKeys === "off" || !searchBox() || isMenuOpen()) return undefined;
  if (isTyping(target) || isDialogOpen()) return undefined;
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (rows().length) return ON_LIST[name] ?? ON_EVERY_PAGE[name];
  if (document.getElementById("return-results")) return ON_EVERY_PAGE[name];
  return ON_RETURN[name] ?? ON_EVERY_PAGE[name];
}

// Where keys do nothing

const isMenuOpen = () => Boolean(document.querySelector("details.menu[open]"));
const isDialogOpen = () => Boolean(document.querySelector("dialog:modal"));
const USES_SPACE = "button, summary, input, select, [role=button]";

/** @param {KeyboardEvent} event */
function isForAnother({ target, key }) {
  if (isTyping(target) && !isSelect(target)) return true;
  if (isDialogOpen() && key.length > 1) return true;
  // A space between the characters of a scan, or else of a person. A held key may be about to make a row current.
  if (key === " ") return matches(target, USES_SPACE) ? !/\d/.test(heldText()) : !(current() || held.length);
  if (!key.startsWith("Arrow")) return false;
  return closest(target, ".shell *", Element) && !closest(target, "#main, #return-results tr", Element);
}

// Characters that may be the beginning of a scan. Once they are a scan, they go into the field for numbers, which
// gets the focus, so that the rest of the scan and its Enter arrive there.

/** @type {KeyboardEvent[]} */
const held = [];
let timer = 0;
/** What a select had chosen before these characters. @type {{ select: HTMLSelectElement, index: number } | null} */
let chosen = null;

/**
 * @param {EventTarget | null} target
 * @returns {target is HTMLSelectElement}
 */
const isSelect = (target) => target instanceof HTMLSelectElement;
const heldText = () => held.map(({ key }) => key).join("");
/** Return the field that a scan goes into: on the page for scanning its own one, elsewhere the search box. */
const fieldForScans = () => find("#scan-text", HTMLInputElement) ?? searchBox();

// A key before this one may have moved the focus into a field, or to the button whose field is on its way.

/** @param {KeyboardEvent} event */
function hasFieldSince({ target }) {
  const place = document.activeElement;
  return place !== target && (isTyping(place) || matches(place, ".edit-tags .htmx-request"));
}

/**
 * Do what the key does in that field.
 * @param {KeyboardEvent} event
 */
function typeInto(event) {
  const place = document.activeElement;
  const { key } = event;
  event.preventDefault();
  if (!(place instanceof HTMLInputElement || place instanceof HTMLTextAreaElement)) {
    place?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  } else if (key.length === 1) {
    place.setRangeText(key, place.selectionStart ?? 0, place.selectionEnd ?? 0, "end");
    place.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (key === "Enter" && place === fieldForScans()) {
    enter(place);
  }
}

function release() {
  clearTimeout(timer);
  for (const event of held.splice(0)) {
    if (hasFieldSince(event)) typeInto(event);
    else commandOf(event)?.();
  }
}

/** @param {KeyboardEvent} event */
function hold(event) {
  clearTimeout(timer);
  const { target } = event;
  if (!held.length) chosen = isSelect(target) ? { select: target, index: target.selectedIndex } : null;
  held.push(event);
  if (isScan(heldText())) {
    event.preventDefault();
    recognise();
    moveIntoField();
  } else {
    timer = setTimeout(release, SCAN_PAUSE_MS);
  }
}

function moveIntoField() {
  const field = fieldForScans();
  const text = heldText();
  held.length = 0;
  if (!field) return null;
  putChoiceBack();
  closeMenus();
  for (const dialog of findAll("dialog:modal", HTMLDialogElement)) dialog.close();
  field.value = text;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return field;
}

// The letters of a scan may have chosen another option.
function putChoiceBack() {
  if (!chosen || chosen.select.selectedIndex === chosen.index) return;
  chosen.select.selectedIndex = chosen.index;
  for (const type of ["input", "change"]) chosen.select.dispatchEvent(new Event(type, { bubbles: true }));
}

/**
 * Before anything else happens: end a short scan, or act on the keys that were pressed before this one.
 * @param {KeyboardEvent} event
 */
function settleHeld(event) {
  const { key, timeStamp } = event;
  if (!held.length || ["Shift", "CapsLock", "AltGraph"].includes(key)) return;
  const isLate = timeStamp - held[held.length - 1].timeStamp > SCAN_PAUSE_MS;
  const isEnd = key === "Enter" || key === "Tab";
  if (!isLate && isEnd && isScan(heldText(), true)) {
    event.preventDefault();
    event.stopPropagation();
    clearTimeout(timer);
    const field = moveIntoField();
    if (field) enter(field);
  } else if (isLate || key.length > 1 || event.repeat) {
    release();
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.defaultPrevented || hasModifier(event)) return;
  if (hasFieldSince(event)) return typeInto(event);
  if (isForAnother(event)) return;
  const command = commandOf(event);
  const isCharacter = event.key.length === 1;
  // In a select letters lead to an option, unless they turn out to be a scan.
  const isForSelect = isSelect(event.target) && event.key !== " ";
  if (command || (isCharacter && held.length && !isForSelect)) event.preventDefault();
  // A key held down repeats as fast as a scanner types. No number begins with "/", "?" or a space.
  const mayBegin = isCharacter && !(command && /[^\p{L}\p{N}]/u.test(event.key));
  if (isCharacter && !event.repeat && (mayBegin || held.length)) hold(event);
  else if (command) command();
  else if (event.key === "Enter") openCurrent(event);
}

/**
 * Open the current row from its checkbox, or if nothing has the focus. On the link Enter is the browser's, unless
 * a key pressed just before has moved the focus since: then the browser does nothing.
 * @param {KeyboardEvent} event
 */
function openCurrent(event) {
  const row = current();
  const hasMoved = event.target !== document.activeElement;
  const isOurs = hasMoved || event.target === document.body || matches(event.target, "[name=select]");
  if (!isOurs || !row) return;
  event.preventDefault();
  linkOf(row).click();
}

// Keys that were pressed while the page loaded

/** @param {KeyboardEvent} event */
function onEarlyKey(event) {
  settleHeld(event);
  onKey(event);
}

whenReady(() => {
  document.addEventListener("keydown", settleHeld, true);
  document.addEventListener("keydown", onKey);
  Reflect.get(globalThis, "takeEarlyKeys")().forEach(onEarlyKey);
});
// The browser would clear the field. Here Escape keeps its text and moves the focus to the list.
onEscape("field", ({ target }) => {
  if (!(target instanceof HTMLElement) || !target.matches(".filters input[type=search], #id_q")) return false;
  closeMenus();
  if (!enterList()) target.blur();
  return true;
});
document.addEventListener("click", (event) => {
  if (!document.getElementById("keys") || !closest(event.target, "[data-keys]", Element)) return;
  event.preventDefault();
  showHelp();
});
