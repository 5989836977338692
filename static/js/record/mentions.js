// "@" in the box of a comment offers people. The box stays a box for text: the list beside it follows what is typed.
import { announce } from "../announce.js";
import { find, findAll, matches } from "../dom.js";
import { onEscape } from "../escape.js";
import { gettext, interpolate, ngettext } from "../words.js";

const MAX_OFFERED = 8;
const BEFORE_CARET = /(?:^|[^\p{L}\p{N}@.+_-])@([\p{L}\p{N}._+-]{0,40})$/u;

/** @typedef {{ username: string, name: string, keys: string[] }} Person */

/** @type {Promise<Person[]> | null} */
let people = null;
/** The box that offers people now. @type {HTMLTextAreaElement | null} */
let box = null;
let announced = -1;

const list = () => find("#mention-list", HTMLUListElement);
const options = () => findAll("#mention-list [role=option]", HTMLElement);

/**
 * Return letters as everybody can type them: "Yılmaz" is found by "yil".
 * @param {string} text
 */
const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/ı/g, "i");

/**
 * @param {string} address
 * @returns {Promise<Person[]>}
 */
async function load(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, redirect: "error" });
  if (!answer.ok) throw new Error(`The people were not answered: ${answer.status}`);
  /** @type {{ people: [string, string][] }} */
  const { people: named } = await answer.json();
  return named.map(([username, name]) => ({ username, name, keys: [fold(username), ...fold(name).split(/\s+/)] }));
}

/** @param {HTMLTextAreaElement} textarea */
const typedName = (textarea) => BEFORE_CARET.exec(textarea.value.slice(0, textarea.selectionStart))?.[1];

function close() {
  list()?.remove();
  box?.removeAttribute("aria-activedescendant");
  box?.removeAttribute("aria-controls");
  box = null;
  announced = -1;
}

/** @param {HTMLElement | undefined} option */
function mark(option) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  if (option) box?.setAttribute("aria-activedescendant", option.id);
  option?.scrollIntoView({ block: "nearest" });
}

/**
 * @param {HTMLTextAreaElement} textarea
 * @param {Person[]} offered
 */
function show(textarea, offered) {
  if (!offered.length) return close();
  if (box !== textarea) close();
  box = textarea;
  const shown = list() ?? document.createElement("ul");
  shown.id = "mention-list";
  shown.className = "mention-list";
  shown.setAttribute("role", "listbox");
  shown.setAttribute("aria-label", gettext("People to mention"));
  shown.replaceChildren(...offered.map(optionOf));
  if (!shown.isConnected) textarea.after(shown);
  textarea.setAttribute("aria-autocomplete", "list");
  textarea.setAttribute("aria-controls", "mention-list");
  mark(options()[0]);
  if (announced !== offered.length) {
    const text = ngettext("%(count)s person to mention", "%(count)s people to mention", offered.length);
    announce(interpolate(text, { count: offered.length }, true));
  }
  announced = offered.length;
}

/** @param {Person} person */
function optionOf({ username, name }) {
  const option = document.createElement("li");
  option.id = `mention-${username}`;
  option.setAttribute("role", "option");
  option.dataset.username = username;
  const handle = document.createElement("span");
  handle.className = "muted";
  handle.textContent = `@${username}`;
  option.append(`${name} `, handle);
  return option;
}

/** @param {HTMLTextAreaElement} textarea */
async function offer(textarea) {
  const typed = typedName(textarea);
  const address = textarea.dataset.people;
  if (typed === undefined || !address) return close();
  try {
    people ??= load(address);
    const all = await people;
    if (typedName(textarea) !== typed || document.activeElement !== textarea) return;
    const key = fold(typed);
    show(textarea, all.filter(({ keys }) => keys.some((each) => each.startsWith(key))).slice(0, MAX_OFFERED));
  } catch {
    // Without the list, a person types the name.
    people = null;
    close();
  }
}

/** @param {HTMLElement | undefined} option */
function choose(option) {
  const textarea = box;
  const typed = textarea && typedName(textarea);
  if (!textarea || !option || typed === undefined) return;
  const end = textarea.selectionStart;
  close();
  textarea.setRangeText(`@${option.dataset.username} `, end - (typed?.length ?? 0) - 1, end, "end");
  textarea.dispatchEvent(new Event("input", { bubbles: true }));
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (!box || event.target !== box || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = options();
  const place = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") mark(all[(place + 1) % all.length]);
  else if (event.key === "ArrowUp") mark(all[(place - 1 + all.length) % all.length]);
  else if (event.key === "Enter" || event.key === "Tab") choose(all[place]);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("keydown", onKey, true);
onEscape("mentions", ({ target }) => {
  if (!box || target !== box) return false;
  close();
  return true;
});
document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLTextAreaElement && target.dataset.people) offer(target);
});
document.addEventListener("focusout", ({ target }) => {
  if (target === box) close();
});
// Before the box loses the focus.
document.addEventListener("pointerdown", (event) => {
  if (!matches(event.target, "#mention-list *, #mention-list")) return;
  event.preventDefault();
  const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
  if (option instanceof HTMLElement) choose(option);
});
