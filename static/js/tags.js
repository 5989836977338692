// Edits tags in place. The server renders the editor with all tags as options, so that nothing is fetched
// between typing and Enter. This script filters the options and keeps the focus.
import Combobox from "../vendor/combobox-nav.js";
import { announce } from "./announce.js";
import { isStale, outdate } from "./answers.js";
import { closest, find, findAll, isFocusSomewhere, matches, need } from "./dom.js";
import { onEscape } from "./escape.js";
import { hasModifier } from "./typing.js";
import { gettext, grouped, interpolate, ngettext } from "./words.js";

const LIST_HEIGHT = 320; // pixels
const LIST_WIDTH = 280; // at least

/** @type {WeakMap<HTMLInputElement, Combobox>} */
const comboboxes = new WeakMap();
/** What was typed, or which chip was removed. @type {WeakMap<HtmxContext, { typed?: string, removed?: number }>} */
const requests = new WeakMap();
/** Names that the server did not accept while the box was in use. @type {WeakMap<Element, string[]>} */
const rejected = new WeakMap();
/** The links "Done" that have been pressed. @type {WeakSet<Element>} */
const leaving = new WeakSet();
/** What was typed before the editor had arrived. */
let typedEarly = "";

const BOX = "[role=combobox]";
/** @param {Element} root */
const boxIn = (root) => find(BOX, HTMLInputElement, root);
/** @param {HTMLInputElement} box */
const listOf = (box) => need(`#${CSS.escape(box.getAttribute("aria-controls") ?? "")}`, HTMLElement);
/** @param {EventTarget | null} target */
const editorOf = (target) => closest(target, ".tagging", HTMLElement);
/** @param {HTMLElement} root */
const formOf = (root) => need(".tag-add", HTMLFormElement, root);
/** @param {HTMLInputElement} box */
const isOpen = (box) => listOf(box).matches(":popover-open");

/**
 * @param {unknown} target
 * @returns {target is HTMLElement}
 */
const isEditor = (target) => target instanceof HTMLElement && target.matches(".tagging");

/**
 * @param {EventTarget | null} target
 * @returns {target is HTMLInputElement}
 */
const isBox = (target) => target instanceof HTMLInputElement && target.matches(`.tagging ${BOX}`);

/**
 * Return a name as the database compares it: whatever the case, with Turkish ı, I, İ and i as one letter.
 * @param {string} name
 */
function comparable(name) {
  const letters = name.trim().replace(/\s+/g, " ").normalize("NFKD").replaceAll("ı", "I");
  return letters.toUpperCase().replaceAll("I\u0307", "I");
}

/** @param {string} name */
const withoutAccents = (name) => comparable(name).replace(/\p{M}/gu, "");

/**
 * Return a tag's name and its synonyms: no name holds a comma.
 * @param {HTMLElement} option
 */
const namesOf = (option) => [option.dataset.name ?? "", ...(option.dataset.also?.split(",") ?? [])];

// The options

/**
 * @param {HTMLInputElement} box
 * @param {string} [condition]
 */
const tagOptions = (box, condition = "") => findAll(`[data-name]${condition}`, HTMLElement, listOf(box));

/** @param {HTMLInputElement} box */
function filterOptions(box) {
  const text = withoutAccents(box.value);
  for (const option of tagOptions(box)) {
    option.hidden = !namesOf(option).some((name) => withoutAccents(name).includes(text));
  }
  offerNewTag(box);
  for (const group of findAll("[role=group]", HTMLElement, listOf(box))) {
    group.hidden = !group.querySelector("[role=option]:not([hidden])");
  }
}

/** @param {HTMLInputElement} box */
function offerNewTag(box) {
  const name = box.value.trim().replace(/\s+/g, " ");
  const isOffered = name !== "" && !exactOption(box);
  for (const option of findAll("[data-group]", HTMLElement, listOf(box))) {
    option.hidden = !isOffered;
    const values = { name, group: option.dataset.groupName ?? "" };
    const text = interpolate(gettext("Create “%(name)s” in %(group)s"), values, true);
    if (option.lastElementChild) option.lastElementChild.textContent = text;
  }
}

/** @param {HTMLInputElement} box */
function exactOption(box) {
  const typed = comparable(box.value);
  return tagOptions(box).find((option) => namesOf(option).some((name) => comparable(name) === typed));
}

/**
 * Return the option that Enter takes before an arrow key has chosen one. None while the text is a tag that
 * the record carries, or the beginning of one: Enter must not add another that happens to contain the text.
 * No new tag either: the server answers with near names, and creating one is chosen deliberately.
 * @param {HTMLInputElement} box
 */
function bestOption(box) {
  const text = withoutAccents(box.value);
  if (!text) return null;
  /** @param {HTMLElement} option */
  const starts = (option) => namesOf(option).some((name) => withoutAccents(name).startsWith(text));
  const shown = tagOptions(box, ":not([hidden])");
  const free = shown.filter((option) => option.ariaDisabled !== "true");
  const exact = exactOption(box);
  if (exact) return free.includes(exact) ? exact : null;
  const starting = free.find(starts);
  if (starting || shown.some(starts)) return starting ?? null;
  return free[0] ?? null;
}

/** @param {HTMLInputElement} box */
function markBestOption(box) {
  for (const option of listOf(box).querySelectorAll("[data-combobox-option-default]")) {
    option.removeAttribute("data-combobox-option-default");
  }
  bestOption(box)?.setAttribute("data-combobox-option-default", "true");
}

/** @param {HTMLInputElement} box */
function announceCount(box) {
  const count = tagOptions(box, ":not([hidden])").length;
  announce(interpolate(ngettext("%(count)s tag", "%(count)s tags", count), { count: grouped(count) }, true));
}

// The list

/** @param {HTMLInputElement} box */
function comboboxOf(box) {
  let combobox = comboboxes.get(box);
  if (!combobox) {
    combobox = new Combobox(box, listOf(box), { tabInsertsSuggestions: false });
    combobox.indicateDefaultOption = () => markBestOption(box);
    comboboxes.set(box, combobox);
  }
  return combobox;
}

/**
 * Place the list beside the box. It lies in the browser's top layer, so that no scrolling table cuts it off.
 * @param {HTMLInputElement} box
 */
function placeList(box) {
  const { left, top, bottom, width: boxWidth } = box.getBoundingClientRect();
  const width = Math.max(boxWidth, LIST_WIDTH);
  const below = innerHeight - bottom;
  const isAbove = below < LIST_HEIGHT && top > below;
  Object.assign(listOf(box).style, {
    left: `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`,
    width: `${width}px`,
    top: isAbove ? "auto" : `${bottom + 4}px`,
    bottom: isAbove ? `${innerHeight - top + 4}px` : "auto",
    maxHeight: `${Math.min(LIST_HEIGHT, (isAbove ? top : below) - 12)}px`,
  });
}

/** @param {HTMLInputElement} box */
function openList(box) {
  filterOptions(box);
  announceCount(box);
  if (!listOf(box).querySelector("[role=option]:not([hidden])")) return closeList(box);
  if (!isOpen(box)) {
    listOf(box).showPopover();
    comboboxOf(box).start();
  }
  box.setAttribute("aria-expanded", "true");
  placeList(box);
  markBestOption(box);
}

/** @param {HTMLInputElement} box */
function closeList(box) {
  if (!isOpen(box)) return;
  comboboxOf(box).stop();
  listOf(box).hidePopover();
}

/**
 * Submit an option: a tag, or a new tag in a group.
 * @param {HTMLElement} option
 */
function choose(option) {
  const root = editorOf(option);
  const box = root && boxIn(root);
  if (!box) return;
  if (option.dataset.group) groupField(root).value = option.dataset.group;
  else box.value = option.dataset.name ?? "";
  formOf(root).requestSubmit();
}

/** @param {HTMLElement} root */
const groupField = (root) => need(".tag-add input[name=group]", HTMLInputElement, root);

// The person

/** @param {KeyboardEvent} event */
function onKey(event) {
  const { target, key } = event;
  if (!isBox(target) || event.isComposing || !/^Arrow(Down|Up)$/.test(key) || isOpen(target)) return;
  event.preventDefault();
  openList(target);
  comboboxOf(target).navigate(key === "ArrowDown" ? 1 : -1);
}

onEscape("tag editor", ({ target }) => {
  const root = editorOf(target);
  const box = root && boxIn(root);
  if (!box) return false;
  if (isOpen(box)) closeList(box);
  else leave(need("[data-done]", HTMLElement, root));
  return true;
});

/**
 * Press Done. What is typed before the answer arrives is no text for the box any more.
 * @param {HTMLElement} done
 */
function leave(done) {
  done.focus({ preventScroll: true });
  done.click();
}

/**
 * Keep what is typed between "Edit tags" and the arrival of the editor: it is for its box.
 * @param {KeyboardEvent} event
 */
function keepForTheBox(event) {
  if (!matches(event.target, ".edit-tags .htmx-request") || hasModifier(event)) return;
  const { key } = event;
  if (key.length > 1 && key !== "Enter" && key !== "Backspace") return;
  event.preventDefault();
  if (key === "Backspace") typedEarly = typedEarly.slice(0, -1);
  else typedEarly += key === "Enter" ? "\n" : key;
}

/** @param {HTMLInputElement} box */
function typeEarly(box) {
  const names = typedEarly.split("\n");
  const last = names.pop() ?? "";
  for (const name of names) {
    box.value = name;
    enter(box);
  }
  box.value = last;
  if (last) openList(box);
}

/** @param {HTMLInputElement} box */
function enter(box) {
  filterOptions(box);
  const option = bestOption(box);
  if (option) choose(option);
  else box.form?.requestSubmit();
}

/** @param {SubmitEvent} event */
function refuseEmpty(event) {
  if (!matches(event.target, ".tag-add")) return;
  const box = boxIn(event.target);
  if (!box || box.value.trim()) return;
  event.preventDefault();
  event.stopPropagation();
  box.focus();
}

document.addEventListener("keydown", onKey);
document.addEventListener("keydown", keepForTheBox, true);
document.addEventListener("submit", refuseEmpty, true);
document.addEventListener("input", ({ target }) => {
  if (!isBox(target)) return;
  if (target.value.trim()) openList(target);
  else closeList(target);
});
document.addEventListener("click", ({ target }) => isBox(target) && openList(target));
document.addEventListener("focusout", ({ target }) => isBox(target) && target.isConnected && closeList(target));
document.addEventListener("combobox-commit", ({ target }) => target instanceof HTMLElement && choose(target));
// A press on an option must not take the focus out of the box.
document.addEventListener("mousedown", (event) => {
  if (closest(event.target, ".tagging [role=listbox]", Element)) event.preventDefault();
});
for (const moved of ["scroll", "resize"]) {
  addEventListener(moved, () => {
    const root = editorOf(find(".tagging [role=listbox]:popover-open", HTMLElement));
    const box = root && boxIn(root);
    if (box) placeList(box);
  }, { capture: true, passive: true });
}

// The server

/** @param {HtmxEvent} event */
function onRequest(event) {
  const { ctx } = event.detail;
  const source = ctx.sourceElement;
  if (!isEditor(ctx.target)) return;
  typedEarly = "";
  // Done is sent once: a second answer would close an editor that has been opened again by then.
  // Nor is an editor brought up to date that is being left: that answer would open it again.
  const root = editorOf(source);
  const isLeaving = findAll("[data-done]", HTMLElement, root ?? source).some((done) => leaving.has(done));
  if (isLeaving && source.matches("[data-done], [data-refresh]")) return event.preventDefault();
  if (source.matches("[data-done]")) leaving.add(source);
  if (root && source.matches("[name=remove]")) {
    requests.set(ctx, { removed: removeButtons(root).findIndex((button) => button === source) });
  }
  const box = root && source.matches(".tag-add") ? boxIn(root) : null;
  if (!root || !box) return;
  // Emptied now, not when the answer arrives: the next name may be typed by then.
  requests.set(ctx, { typed: box.value });
  closeList(box);
  box.value = "";
  groupField(root).value = "";
}

/** @param {Element} root */
const removeButtons = (root) => findAll("[name=remove]", HTMLElement, root);

/**
 * Put back into the box what the server did not accept; one after the other if there are several.
 * @param {HtmxEvent} event
 */
function putBackRejected({ detail: { ctx } }) {
  const { typed } = requests.get(ctx) ?? {};
  const form = ctx.sourceElement;
  const box = typed ? boxIn(form) : null;
  if (!typed || !box) return;
  const names = rejected.get(form) ?? [];
  if (!ctx.response?.raw.ok) names.push(typed);
  if (!box.value) box.value = names.shift() ?? "";
  rejected.set(form, names);
}

/** @param {HtmxEvent} event */
function onAnswer({ detail: { ctx } }) {
  const root = ctx.target;
  if (!isEditor(root) || !(ctx.response?.raw.ok || ctx.response?.status === 422)) return;
  if (ctx.request.method === "POST") outdate(root);
  const box = boxIn(root);
  // While a row is edited, a fresh list leaves it alone.
  root.toggleAttribute("hx-morph-skip", Boolean(box));
  if (box) prepare(box);
  const message = root.querySelector("[data-message]")?.textContent;
  if (message) announce(message);
  // Nobody asked for it: colleagues have changed the tags.
  if (ctx.sourceElement.matches("[data-refresh]")) return;
  if (isFocusSomewhere() && document.activeElement !== ctx.request.submitter) return;
  focusTarget(root, requests.get(ctx)?.removed)?.focus({ preventScroll: true });
  if (box && typedEarly) typeEarly(box);
}

/**
 * Tell whether an answer may replace the tags of rows: the list anew, or cells that have changed.
 * @param {HtmxContext} ctx
 */
const hasRows = (ctx) => ctx.target?.id === "return-results" || ctx.sourceElement.id === "live-poll";

/**
 * Leave alone the rows whose tags were edited since the list was requested, or are being edited: it does not know.
 * @param {HtmxEvent} event
 */
function beforeSwap({ detail: { ctx } }) {
  if (!hasRows(ctx)) return;
  for (const root of document.querySelectorAll("#return-results .tagging")) {
    if (isStale(ctx, root) || root.querySelector(".htmx-request")) root.toggleAttribute("hx-morph-skip", true);
  }
}

/** @param {HtmxEvent} event */
function afterSwap({ detail: { ctx } }) {
  if (!hasRows(ctx)) return;
  for (const root of document.querySelectorAll("#return-results .tagging[hx-morph-skip]")) {
    root.toggleAttribute("hx-morph-skip", Boolean(boxIn(root)));
  }
}

/** @param {HTMLInputElement} box */
function prepare(box) {
  box.removeAttribute("list"); // the browser's own suggestions, for a page without scripts
  if (isOpen(box)) openList(box);
}

/**
 * Return what gets the focus after an answer, for the person who was in the editor.
 * @param {Element} root
 * @param {number | undefined} removed
 */
function focusTarget(root, removed) {
  const box = boxIn(root);
  if (!box) return find(".edit-tags button", HTMLElement, root);
  return (removed === undefined ? null : removeButtons(root)[removed]) ?? box;
}

document.addEventListener("htmx:config:request", onRequest);
document.addEventListener("htmx:before:swap", beforeSwap);
document.addEventListener("htmx:after:swap", afterSwap);
document.addEventListener("htmx:after:swap", onAnswer);
document.addEventListener("htmx:finally:request", putBackRejected);
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => leaving.delete(ctx.sourceElement));

const editorPage = find("main > .panel .tagging [role=combobox]", HTMLInputElement);
if (editorPage) {
  prepare(editorPage);
  editorPage.focus();
}
