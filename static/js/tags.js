// Edit tags in place. The server renders the editor with every tag as an option, so that nothing
// has to be fetched between typing and Enter; this file filters them and minds the focus.
import Combobox from "../vendor/combobox-nav.js";
import { announce } from "./announce.js";
import { hasModifier } from "./typing.js";

const LIST_HEIGHT = 320; // pixels
const LIST_WIDTH = 280; // at least
const comboboxes = new WeakMap(); // by box
const requests = new WeakMap(); // by htmx's context: what was typed, which chip was removed
const unsent = new WeakMap(); // by form: names that the server did not take, and no box was free for
const asked = new WeakMap(); // by htmx's context: when
const leaving = new WeakSet(); // links "Done" that were pressed
const edited = new WeakMap(); // by editor: when its last answer came
let early = ""; // what was typed while the editor was on its way

const rootOf = (element) => element.closest(".tagging");
const boxIn = (root) => root.querySelector("[role=combobox]");
const listOf = (box) => document.getElementById(box.getAttribute("aria-controls"));
const boxOf = (list) => boxIn(rootOf(list));
const isOpen = (box) => listOf(box).matches(":popover-open");

const isEditor = (target) => target instanceof Element && target.matches(".tagging");

function isBox(element) {
  return element instanceof HTMLInputElement && element.matches(".tagging [role=combobox]");
}

// Names as the database compares them: whatever the case, with Turkish ı, I, İ and i as one letter.
function key(name) {
  const letters = name.trim().replace(/\s+/g, " ").normalize("NFKD").replaceAll("ı", "I");
  return letters.toUpperCase().replaceAll("I\u0307", "I");
}

const withoutAccents = (name) => key(name).replace(/\p{M}/gu, "");

// A tag's own name, and those that mean it: no name holds a comma.
const namesOf = (option) => [option.dataset.name, ...(option.dataset.also?.split(",") ?? [])];

// The options

function filter(box) {
  const list = listOf(box);
  const wanted = withoutAccents(box.value);
  for (const option of list.querySelectorAll("[data-name]")) {
    option.hidden = !namesOf(option).some((name) => withoutAccents(name).includes(wanted));
  }
  offerNewTag(box, list);
  for (const group of list.querySelectorAll("[role=group]")) {
    group.hidden = !group.querySelector("[role=option]:not([hidden])");
  }
}

function offerNewTag(box, list) {
  const name = box.value.trim().replace(/\s+/g, " ");
  const offered = name !== "" && !exactOption(box);
  for (const option of list.querySelectorAll("[data-group]")) {
    option.hidden = !offered;
    option.lastElementChild.textContent = `Create “${name}” in ${option.dataset.groupName}`;
  }
}

function exactOption(box) {
  const options = [...listOf(box).querySelectorAll("[data-name]")];
  return options.find((option) => namesOf(option).some((name) => key(name) === key(box.value)));
}

// The option that Enter takes before an arrow key chose one. None while the text is a tag that the
// record carries, or the beginning of one: Enter must neither create a tag beside it nor add another
// that happens to contain the text. A new tag only where nothing else matches.
function bestOption(box) {
  const wanted = withoutAccents(box.value);
  if (!wanted) return null;
  const starts = (option) => namesOf(option).some((name) => withoutAccents(name).startsWith(wanted));
  const shown = [...listOf(box).querySelectorAll("[data-name]:not([hidden])")];
  const free = shown.filter((option) => option.ariaDisabled !== "true");
  const exact = exactOption(box);
  if (exact) return free.includes(exact) ? exact : null;
  const starting = free.find(starts);
  if (starting || shown.some(starts)) return starting ?? null;
  return shown.length ? free[0] : listOf(box).querySelector("[data-group]:not([hidden])");
}

function markBestOption(box) {
  for (const option of listOf(box).querySelectorAll("[data-combobox-option-default]")) {
    option.removeAttribute("data-combobox-option-default");
  }
  bestOption(box)?.setAttribute("data-combobox-option-default", "true");
}

function sayHowMany(box) {
  const count = listOf(box).querySelectorAll("[data-name]:not([hidden])").length;
  announce(count === 1 ? "1 tag" : `${count} tags`);
}

// The list

function comboboxOf(box) {
  let combobox = comboboxes.get(box);
  if (!combobox) {
    combobox = new Combobox(box, listOf(box), { tabInsertsSuggestions: false });
    combobox.indicateDefaultOption = () => markBestOption(box);
    comboboxes.set(box, combobox);
  }
  return combobox;
}

// The list lies in the browser's top layer, so that no scrolling table cuts it off.
function place(box) {
  const { left, top, bottom, width: boxWidth } = box.getBoundingClientRect();
  const width = Math.max(boxWidth, LIST_WIDTH);
  const below = innerHeight - bottom;
  const above = below < LIST_HEIGHT && top > below;
  Object.assign(listOf(box).style, {
    left: `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`,
    width: `${width}px`,
    top: above ? "auto" : `${bottom + 4}px`,
    bottom: above ? `${innerHeight - top + 4}px` : "auto",
    maxHeight: `${Math.min(LIST_HEIGHT, (above ? top : below) - 12)}px`,
  });
}

function open(box) {
  filter(box);
  sayHowMany(box);
  if (!listOf(box).querySelector("[role=option]:not([hidden])")) return close(box);
  if (!isOpen(box)) {
    listOf(box).showPopover();
    comboboxOf(box).start();
  }
  box.setAttribute("aria-expanded", "true");
  place(box);
  markBestOption(box);
}

function close(box) {
  if (!isOpen(box)) return;
  comboboxOf(box).stop();
  listOf(box).hidePopover();
}

function choose(option) {
  const box = boxOf(option);
  if (option.dataset.group) box.form.elements.group.value = option.dataset.group;
  else box.value = option.dataset.name;
  box.form.requestSubmit();
}

// The person

function onKey(event) {
  const root = event.target.closest?.(".tagging");
  const box = root && boxIn(root);
  if (!box || event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    if (isOpen(box)) close(box);
    else leave(root.querySelector("[data-done]"));
  } else if (event.target === box && /^Arrow(Down|Up)$/.test(event.key) && !isOpen(box)) {
    event.preventDefault();
    open(box);
    comboboxOf(box).navigate(event.key === "ArrowDown" ? 1 : -1);
  }
}

// What is pressed before the answer comes is no text for the box any more.
function leave(done) {
  done.focus({ preventScroll: true });
  done.click();
}

// What is typed after "Edit tags" and before the editor is there is for its box.
function keepForTheBox(event) {
  if (!event.target.matches?.(".edit-tags .htmx-request") || hasModifier(event)) return;
  const { key } = event;
  if (key.length > 1 && key !== "Enter" && key !== "Backspace") return;
  event.preventDefault();
  if (key === "Backspace") early = early.slice(0, -1);
  else early += key === "Enter" ? "\n" : key;
}

function typeEarly(box) {
  const names = early.split("\n");
  const last = names.pop();
  for (const name of names) {
    box.value = name;
    enter(box);
  }
  box.value = last;
  if (last) open(box);
}

function enter(box) {
  filter(box);
  const option = bestOption(box);
  if (option) choose(option);
  else box.form.requestSubmit();
}

function refuseEmpty(event) {
  const box = boxIn(event.target);
  if (!event.target.matches(".tag-add") || box.value.trim()) return;
  event.preventDefault();
  event.stopPropagation();
  box.focus();
}

document.addEventListener("keydown", onKey);
document.addEventListener("keydown", keepForTheBox, true);
document.addEventListener("submit", refuseEmpty, true);
document.addEventListener("input", ({ target }) => isBox(target) && (target.value.trim() ? open(target) : close(target)));
document.addEventListener("click", ({ target }) => isBox(target) && open(target));
document.addEventListener("focusout", ({ target }) => isBox(target) && target.isConnected && close(target));
document.addEventListener("combobox-commit", ({ target }) => choose(target));
// A press on an option must not take the focus out of the box.
document.addEventListener("mousedown", (event) => event.target.closest(".tagging [role=listbox]") && event.preventDefault());
for (const moved of ["scroll", "resize"]) {
  addEventListener(moved, () => {
    const list = document.querySelector(".tagging [role=listbox]:popover-open");
    if (list) place(boxOf(list));
  }, { capture: true, passive: true });
}

// The server

function onRequest(event) {
  const { ctx } = event.detail;
  const source = ctx.sourceElement;
  if (!isEditor(ctx.target)) return;
  early = "";
  // Left once: a second answer would close an editor that is opened again by then.
  if (leaving.has(source)) return event.preventDefault();
  if (source.matches("[data-done]")) leaving.add(source);
  if (source.name === "remove") {
    const buttons = [...rootOf(source).querySelectorAll("[name=remove]")];
    requests.set(ctx, { removed: buttons.indexOf(source) });
  }
  if (!source.matches(".tag-add")) return;
  // Emptied now, not when the answer comes: the next name may be typed by then.
  const box = boxIn(source);
  requests.set(ctx, { typed: box.value });
  close(box);
  box.value = "";
  source.elements.group.value = "";
}

// One after the other, where several names failed.
function giveBackWhatWasTyped({ detail: { ctx } }) {
  const { typed } = requests.get(ctx) ?? {};
  const form = ctx.sourceElement;
  const box = typed && boxIn(form);
  if (!box) return;
  const names = unsent.get(form) ?? [];
  if (!ctx.response?.raw.ok) names.push(typed);
  if (!box.value) box.value = names.shift() ?? "";
  unsent.set(form, names);
}

function onAnswer({ detail: { ctx } }) {
  const root = ctx.target;
  if (!isEditor(root) || !(ctx.response.raw.ok || ctx.response.status === 422)) return;
  if (ctx.request.method === "POST") edited.set(root, performance.now());
  const box = boxIn(root);
  // While a row is edited, a fresh list leaves it alone.
  root.toggleAttribute("hx-morph-skip", Boolean(box));
  if (box) prepare(box);
  const message = root.querySelector("[data-message]")?.textContent;
  if (message) announce(message);
  if (!lostFocus(ctx)) return;
  focusTarget(root, requests.get(ctx)?.removed).focus({ preventScroll: true });
  if (box && early) typeEarly(box);
}

// A list that was asked for before tags were edited does not know of it.
function beforeSwap({ detail: { ctx } }) {
  if (ctx.target?.id !== "return-results") return;
  for (const root of ctx.target.querySelectorAll(".tagging")) {
    if (edited.get(root) > asked.get(ctx)) root.toggleAttribute("hx-morph-skip", true);
  }
}

function afterSwap({ detail: { ctx } }) {
  if (ctx.target?.id !== "return-results") return;
  for (const root of document.querySelectorAll("#return-results .tagging[hx-morph-skip]")) {
    root.toggleAttribute("hx-morph-skip", Boolean(boxIn(root)));
  }
}

function prepare(box) {
  box.removeAttribute("list"); // the browser's own suggestions, for a page without this script
  if (isOpen(box)) open(box);
}

// The focus moves only for the person who asked, never away from where they have gone since.
function lostFocus(ctx) {
  const focused = document.activeElement;
  return !focused || focused === document.body || focused === ctx.request.submitter;
}

function focusTarget(root, removed) {
  const box = boxIn(root);
  if (!box) return root.querySelector(".edit-tags button");
  return root.querySelectorAll("[name=remove]")[removed] ?? box;
}

document.addEventListener("htmx:config:request", onRequest);
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => asked.set(ctx, performance.now()));
document.addEventListener("htmx:before:swap", beforeSwap);
document.addEventListener("htmx:after:swap", afterSwap);
document.addEventListener("htmx:after:swap", onAnswer);
document.addEventListener("htmx:finally:request", giveBackWhatWasTyped);
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => leaving.delete(ctx.sourceElement));

const editorPage = document.querySelector("main > .panel .tagging [role=combobox]");
if (editorPage) {
  prepare(editorPage);
  editorPage.focus();
}
