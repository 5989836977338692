// Notices of what was just done. Undo is a button, and Ctrl+Z where it is not for a text.
import { closest, find, matches } from "./dom.js";
import { isTyping } from "./typing.js";

const SHOWN_MS = 30_000;
let timer = 0;

const region = () => find("#toast", HTMLElement);

function close() {
  const place = region();
  if (place?.matches(":hover, :focus-within")) return closeLater();
  place?.replaceChildren();
}

/** The notice that is shown. @type {Element | null} */
let shown = null;

function noticeNew() {
  const now = region()?.firstElementChild ?? null;
  if (now !== shown) closeLater();
  shown = now;
}

function closeLater() {
  clearTimeout(timer);
  timer = setTimeout(close, SHOWN_MS);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  const button = find("#toast [data-undo]", HTMLButtonElement);
  if (!button || (isTyping(event.target) && !isEmptyBox(event.target))) return;
  event.preventDefault();
  button.click();
}

/**
 * Tell whether this is the empty box of a tag editor, which keeps the focus after each tag.
 * @param {EventTarget | null} target
 */
const isEmptyBox = (target) => target instanceof HTMLInputElement && !target.value && matches(target, ".tagging input");

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const { target: form } = event;
  if (!(form instanceof HTMLFormElement) || !form.dataset.target || !closest(form, "#toast", HTMLElement)) return;
  const target = document.querySelector(form.dataset.target);
  const editing = form.elements.namedItem("editing");
  if (editing instanceof HTMLInputElement) editing.value = target?.querySelector("[role=combobox]") ? "1" : "";
  if (target) return;
  // What would show the answer is no longer on the page: load the page again.
  event.preventDefault();
  event.stopPropagation();
  form.submit();
}

document.addEventListener("keydown", onKey);
document.addEventListener("submit", onSubmit, true);
document.addEventListener("click", ({ target }) => {
  if (closest(target, "[data-close-toast]", Element)) region()?.replaceChildren();
});
document.addEventListener("htmx:after:swap", noticeNew);
noticeNew();
