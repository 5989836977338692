// Single keys: j, k, t, x and the others that the page of keys lists. They go by the character, so
// that they are the same on every keyboard. Nothing fires while a person types, in a dialog or menu.
import { announce } from "./announce.js";
import { current, enterList, move, rows } from "./rows.js";
import { hasModifier, isTyping } from "./typing.js";

// A hand scanner types faster than this from character to character; people do not.
const SCAN_MS = 40;
const SCAN_LENGTH = 4;
const LATE_MS = 250;

const byId = (id) => document.getElementById(id);

// What the keys do

function editTags(place) {
  const button = place.querySelector(".edit-tags button");
  if (!button) return place.querySelector(".tagging [role=combobox]")?.focus();
  // The editor's box takes the focus of the button that asked for it.
  button.focus();
  button.click();
}

function editTagsOfRow() {
  if (!current().querySelector(".tagging")) return announce("Tags are edited in the column Tags. Show it first.");
  editTags(current());
}

function preview() {
  current().dispatchEvent(new CustomEvent("desk:preview", { bubbles: true }));
}

function focusTheBox() {
  byId("id_q").focus();
  byId("id_q").select();
}

function showHelp() {
  const menu = byId("person-menu");
  if (menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  byId("keys").showModal();
}

const onRow = (what) => () => (current() ? what() : move(1));
const ON_EVERY_PAGE = { "?": showHelp, "/": focusTheBox };
const ON_LIST = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  t: onRow(editTagsOfRow),
  x: onRow(() => current().querySelector("[name=select]").click()),
  p: onRow(preview),
  " ": onRow(preview),
  n: () => byId("page-next")?.click(),
  b: () => byId("page-previous")?.click(),
};
const ON_RETURN = {
  t: () => editTags(byId("main")),
  c: () => byId("comment-new-text")?.focus(),
};

// What a key does here; nothing where the person has switched the keys off.
function commandOf({ key }) {
  if (document.body.dataset.singleKeys === "off" || !byId("id_q")) return undefined;
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (rows().length) return ON_LIST[name] ?? ON_EVERY_PAGE[name];
  return byId("return-results") ? ON_EVERY_PAGE[name] : ON_RETURN[name] ?? ON_EVERY_PAGE[name];
}

// Where they mean nothing

const WITH_KEYS_OF_THEIR_OWN = "button, summary, input, select, [role=button]";

function isElsewhere({ target, key }) {
  if (isTyping(target) || document.querySelector("dialog:modal, details.menu[open]")) return true;
  if (key === " ") return target.matches(WITH_KEYS_OF_THEIR_OWN) || !current();
  return key.startsWith("Arrow") && target.closest(".shell *") && !target.closest("#main, #return-results tr");
}

// A scan into the page, rather than into the box: the first characters are held back until no
// further one follows at once, and then count as keys. Otherwise they all go into the box, which
// has the focus from then on: the rest of the scan and its Enter reach it by themselves. A busy
// computer may deliver the first characters late; those that are no keys still belong to the scan.

let held = [];
let unused = [];
let lastAt = -Infinity;
let waiting = 0;

function release() {
  for (const event of held.splice(0)) {
    const command = commandOf(event);
    unused = command ? [] : [...unused, event];
    command?.();
  }
}

function hold(event) {
  clearTimeout(waiting);
  const pause = event.timeStamp - lastAt;
  if (pause > SCAN_MS) release();
  if (pause > LATE_MS) unused = [];
  lastAt = event.timeStamp;
  held.push(event);
  if (held.length < SCAN_LENGTH) waiting = setTimeout(release, SCAN_MS);
  else putIntoTheBox([...unused.splice(0), ...held.splice(0)]);
}

function putIntoTheBox(events) {
  const box = byId("id_q");
  if (!box) return;
  box.value = events.map(({ key }) => key).join("");
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function onKey(event) {
  if (event.defaultPrevented || hasModifier(event) || isElsewhere(event)) return;
  const command = commandOf(event);
  const isCharacter = event.key.length === 1;
  if (command || (isCharacter && held.length)) event.preventDefault();
  // A key that is held down repeats as fast as a scanner types. "/" need not wait: what follows it
  // goes into the box anyway.
  if (isCharacter && !event.repeat && (event.key !== "/" || held.length)) hold(event);
  else if (command) command();
  else if (event.key === "Enter") openCurrent(event);
}

// Enter on the row's link is the browser's own; from a checkbox, or from nowhere, it is ours.
function openCurrent(event) {
  const isOurs = event.target === document.body || event.target.name === "select";
  if (!isOurs || !current()) return;
  event.preventDefault();
  current().querySelector("a.reference").click();
}

// The browser would empty the field; here Escape leaves it as it is and leads on to the list.
function leaveField(event) {
  if (event.key !== "Escape" || event.isComposing || !event.target.matches(".filters input[type=search], #id_q")) return;
  event.preventDefault();
  if (!enterList()) event.target.blur();
}

document.addEventListener("keydown", onKey);
document.addEventListener("keydown", leaveField);
document.addEventListener("click", (event) => {
  if (!byId("keys") || !event.target.closest("[data-keys]")) return;
  event.preventDefault();
  showHelp();
});
