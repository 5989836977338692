// Macros by key: a dialog with those that a person may run, which typing narrows down.
import { announce } from "./announce.js";
import { askForNews } from "./claims.js";
import { closest, find, findAll, need } from "./dom.js";
import { gettext } from "./words.js";

const dialog = () => find("#macro-dialog", HTMLDialogElement);
const box = () => find("#find-macro", HTMLInputElement);

/**
 * Offer the macros for the return of a row, or for all returns that are selected.
 * @param {HTMLTableRowElement} row
 */
export function runMacroOn(row) {
  const link = find("#selection:not([hidden]) [data-macros]", HTMLAnchorElement);
  const form = find("#ask-macro", HTMLFormElement);
  if (link) return link.click();
  if (!form) return announce(gettext("You may not run macros."));
  need("[name=id]", HTMLInputElement, form).value = row.id.replace("return-", "");
  form.requestSubmit();
}

/** Offer the macros for the return of the page. */
export function runMacroHere() {
  find("#ask-macro", HTMLFormElement)?.requestSubmit();
}

const entries = () => findAll("#macro-list li", HTMLElement);
/** @param {HTMLElement} entry */
const buttonOf = (entry) => need("button", HTMLButtonElement, entry);
const offered = () => entries().filter((entry) => !entry.hidden).map(buttonOf).filter((button) => !button.disabled);

/** @param {string} text */
const folded = (text) => text.toLocaleLowerCase(document.documentElement.lang).normalize("NFKD").replace(/\p{M}/gu, "");

function narrow() {
  const typed = folded(box()?.value.trim() ?? "");
  for (const entry of entries()) entry.hidden = !folded(entry.dataset.name ?? "").includes(typed);
  need("#no-macro", HTMLElement).hidden = entries().some((entry) => !entry.hidden);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const field = box();
  if (!field || !closest(event.target, ".choose-macro", HTMLFormElement) || event.isComposing) return;
  const buttons = offered();
  const here = buttons.findIndex((button) => button === document.activeElement);
  if (event.key === "Enter" && event.target === field) buttons[0]?.click();
  else if (event.key === "ArrowDown") buttons[Math.min(here + 1, buttons.length - 1)]?.focus();
  else if (event.key === "ArrowUp") (buttons[here - 1] ?? field).focus();
  else return;
  event.preventDefault();
}

// The box works only with this script.
function showBox() {
  const field = box();
  if (!field?.hidden) return;
  field.hidden = false;
  field.focus();
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { sourceElement, response, target } = ctx;
  showBox();
  if (!(sourceElement instanceof Element) || !(response?.raw.ok || response?.status === 422)) return;
  const isOfMacro = sourceElement.matches("#ask-macro, [data-macro-form]") || target?.id === "macro-body";
  if (!isOfMacro) return;
  const text = find("#macro-body > [data-message]", HTMLElement)?.textContent;
  if (text) {
    dialog()?.close();
    announce(text);
    askForNews();
  } else if (!dialog()?.open) {
    dialog()?.showModal();
    box()?.focus();
  }
});

document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLInputElement && target.id === "find-macro") narrow();
});
document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  if (!closest(event.target, "[data-ask-macro]", HTMLElement) || !dialog()) return;
  event.preventDefault();
  runMacroHere();
});
showBox();
