// Single keys: j, k, t, x and the others in the list of keys. They are recognised by their character, so they
// are the same on every keyboard. They do nothing while a person types, or in a dialog or menu.
import { announce } from "./announce.js";
import { closest, find, matches, need } from "./dom.js";
import { onEscape } from "./escape.js";
import { current, enterList, linkOf, move, rows } from "./lists/rows.js";
import { closeMenus } from "./menus.js";
import { hasModifier, isTyping } from "./typing.js";

// A hand scanner sends its characters faster than people type; in milliseconds from one to the next.
const SCANNER_PACE = 40;
const SCAN_LENGTH = 4;
const LATE_MS = 250;

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
  if (!row.querySelector(".tagging")) return announce("Show the column Tags to edit tags here.");
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
  ArrowUp: () => move(-1),
  t: withRow(editTagsOf),
  x: withRow((row) => need("[name=select]", HTMLElement, row).click()),
  p: withRow(preview),
  " ": withRow(preview),
  n: click("page-next"),
  b: click("page-previous"),
};
/** @type {Commands} */
const ON_RETURN = {
  t: () => editTags(need("#main", HTMLElement)),
  c: () => document.getElementById("comment-new-text")?.focus(),
};

/**
 * Return what a key does on this page; nothing if the person has switched single keys off.
 * @param {KeyboardEvent} event
 */
function commandOf({ key }) {
  if (document.body.dataset.singleKeys === "off" || !searchBox()) return undefined;
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (rows().length) return ON_LIST[name] ?? ON_EVERY_PAGE[name];
  if (document.getElementById("return-results")) return ON_EVERY_PAGE[name];
  return ON_RETURN[name] ?? ON_EVERY_PAGE[name];
}

// Where keys do nothing

const USES_SPACE = "button, summary, input, select, [role=button]";

/** @param {KeyboardEvent} event */
function isForAnother({ target, key }) {
  if (isTyping(target) || document.querySelector("dialog:modal, details.menu[open]")) return true;
  if (key === " ") return matches(target, USES_SPACE) || !current();
  if (!key.startsWith("Arrow")) return false;
  return closest(target, ".shell *", Element) && !closest(target, "#main, #return-results tr", Element);
}

// A scan while the focus is on the page, not in the search box. The first characters are held back: if no
// other one follows at once, they act as keys. Otherwise all of them go into the box, and the box gets the
// focus, so that the rest of the scan and its Enter arrive there. A busy computer may deliver the first
// characters late; those that are no keys still belong to the scan.

/** @type {KeyboardEvent[]} */
const held = [];
/** @type {KeyboardEvent[]} */
let unused = [];
let lastKeyAt = -Infinity;
let timer = 0;

function release() {
  for (const event of held.splice(0)) {
    const command = commandOf(event);
    unused = command ? [] : [...unused, event];
    command?.();
  }
}

/** @param {KeyboardEvent} event */
function hold(event) {
  clearTimeout(timer);
  const pause = event.timeStamp - lastKeyAt;
  if (pause > SCANNER_PACE) release();
  if (pause > LATE_MS) unused = [];
  lastKeyAt = event.timeStamp;
  held.push(event);
  if (held.length < SCAN_LENGTH) timer = setTimeout(release, SCANNER_PACE);
  else typeIntoSearchBox([...unused.splice(0), ...held.splice(0)]);
}

/** @param {KeyboardEvent[]} events */
function typeIntoSearchBox(events) {
  const box = searchBox();
  if (!box) return;
  box.value = events.map(({ key }) => key).join("");
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.defaultPrevented || hasModifier(event) || isForAnother(event)) return;
  const command = commandOf(event);
  const isCharacter = event.key.length === 1;
  if (command || (isCharacter && held.length)) event.preventDefault();
  // A key held down repeats as fast as a scanner types. "/" need not wait: what follows it goes into the
  // box anyway.
  if (isCharacter && !event.repeat && (event.key !== "/" || held.length)) hold(event);
  else if (command) command();
  else if (event.key === "Enter") openCurrent(event);
}

/**
 * Open the current row from its checkbox, or if nothing has the focus. On the link Enter is the browser's.
 * @param {KeyboardEvent} event
 */
function openCurrent(event) {
  const row = current();
  const isOurs = event.target === document.body || matches(event.target, "[name=select]");
  if (!isOurs || !row) return;
  event.preventDefault();
  linkOf(row).click();
}

document.addEventListener("keydown", onKey);
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
