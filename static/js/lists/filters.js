// The menu of tags: one of three filters per tag, with the numbers of returns while it is open. And the chips
// of active filters, which are removed in place.
import { closest, find, findAll, matches, need } from "../dom.js";
import { ungrouped } from "../words.js";

const menu = () => find("#tag-picker", HTMLDetailsElement);

/**
 * Clear the other filters by the same tag: they contradict this one or repeat it.
 * @param {HTMLInputElement} box
 */
function clearOtherWays(box) {
  const ways = box.closest(".ways");
  if (!box.checked || !ways) return;
  for (const other of findAll("input", HTMLInputElement, ways)) other.checked = other === box;
}

/** @param {HTMLInputElement | HTMLSelectElement} field */
const isChosen = (field) => !(field instanceof HTMLInputElement && field.type === "checkbox") || field.checked;

/**
 * Return the form field of a chip's filter.
 * @param {DOMStringMap} chip
 */
const fieldOf = ({ off, value }) =>
  [...need("#return-filters", HTMLFormElement).elements]
    .filter((field) => field instanceof HTMLInputElement || field instanceof HTMLSelectElement)
    .find((field) => field.name === off && field.value.trim() === value && isChosen(field));

/** @param {MouseEvent} event */
function onClick(event) {
  const link = closest(event.target, "[data-off]", HTMLElement);
  if (!link) return;
  // Clicked again before the list was updated: the link would bring back filters removed since.
  if (link.ariaDisabled) event.preventDefault();
  const field = fieldOf(link.dataset);
  // Without a field the link itself leads to the list without this filter.
  if (!field || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  link.ariaDisabled = "true";
  const links = findAll("[data-off]", HTMLElement);
  const index = links.indexOf(link);
  (links[index + 1] ?? links[index - 1] ?? need("#tag-picker summary", HTMLElement)).focus();
  if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = false;
  else field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/**
 * Show only the tags of the menu whose name contains the text, as shown or as stored, and the groups that have any.
 * @param {HTMLInputElement} box
 */
function searchTags(box) {
  const text = box.value.trim().toLowerCase();
  const panel = need("#tag-picker .items", HTMLElement);
  for (const group of findAll("fieldset", HTMLElement, panel)) {
    const lines = findAll(".ways", HTMLElement, group);
    for (const line of lines) line.hidden = !namesOn(line).toLowerCase().includes(text);
    group.hidden = lines.every((line) => line.hidden);
  }
  need("#no-tag-found", HTMLElement).hidden = shownTags().length > 0;
}

/** @param {HTMLElement} line */
const namesOn = (line) => {
  const label = need("label", HTMLElement, line);
  return `${label.innerText} ${need("input", HTMLInputElement, label).value}`;
};

const shownTags = () =>
  findAll("#tag-picker .ways:not([hidden]) > label:first-child input", HTMLInputElement).filter((box) => !box.closest("[hidden]"));

/**
 * From the search of the tags, the arrow down leads to the tags, and Enter ticks the first of them.
 * @param {KeyboardEvent} event
 */
function onSearchKey(event) {
  const [first] = shownTags();
  if (!matches(event.target, "#search-tags") || !(event.key === "Enter" || event.key === "ArrowDown")) return;
  event.preventDefault();
  if (event.key === "ArrowDown") first?.focus();
  else if (/** @type {HTMLInputElement} */ (event.target).value.trim()) first?.click();
}

/**
 * Return the value of a list of existing ones that a field holds, in any case, or undefined.
 * @param {HTMLInputElement} field
 */
function knownValue({ list, value }) {
  const text = value.trim().toLowerCase();
  return text ? [...(list?.options ?? [])].find((option) => option.value.toLowerCase() === text)?.value : "";
}

/**
 * Tell whether a filter is a number with its thousands grouped, which means another number in an address.
 * @param {HTMLInputElement} field
 */
const isGrouped = ({ form, type, value }) =>
  form?.id === "return-filters" && type === "number" && ungrouped(value) !== value;

/**
 * What is typed into a field filters once it is an existing value, or when the field is left: the beginning of
 * a name would match nothing. So does a number with its thousands grouped, which may not be finished.
 * @param {Event} event
 */
function onTyping(event) {
  const { target: field } = event;
  if (!(field instanceof HTMLInputElement)) return;
  if (field.id === "search-tags") {
    event.stopPropagation();
    searchTags(field);
  } else if (isGrouped(field)) {
    event.stopPropagation();
  } else if (field.list && field.form?.id === "return-filters" && event.isTrusted) {
    const known = knownValue(field);
    if (known === undefined) event.stopPropagation();
    else field.value = known;
  }
}

/** @param {Event} event */
function onLeavingField({ target: field }) {
  if (!(field instanceof HTMLInputElement && field.form?.id === "return-filters")) return;
  if (isGrouped(field)) field.value = ungrouped(field.value);
  else if (field.list) field.value = knownValue(field) ?? field.value;
  else return;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function requestCounts() {
  if (menu()?.open) document.getElementById("facets-note")?.dispatchEvent(new Event("desk:count"));
}

// "toggle" does not bubble.
document.addEventListener("toggle", ({ target }) => target === menu() && requestCounts(), true);
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.target?.id === "return-results") requestCounts();
});
document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLInputElement && target.closest(".ways")) clearOtherWays(target);
});
// Captured, before the form sees it.
document.addEventListener("input", onTyping, true);
document.addEventListener("change", onLeavingField);
document.addEventListener("keydown", onSearchKey);
document.addEventListener("click", onClick);
