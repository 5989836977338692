// The menu of tags: one of three filters per tag, with the numbers of returns while it is open. And the chips
// of active filters, which are removed in place.
import { closest, find, findAll, need } from "../dom.js";

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

/**
 * Return the form field of a chip's filter.
 * @param {DOMStringMap} chip
 */
const fieldOf = ({ off, value }) =>
  [...need("#return-filters", HTMLFormElement).elements]
    .filter((field) => field instanceof HTMLInputElement)
    .find((field) => field.name === off && field.value.trim() === value && (field.type !== "checkbox" || field.checked));

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
  if (field.type === "checkbox") field.checked = false;
  else field.value = "";
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
document.addEventListener("click", onClick);
