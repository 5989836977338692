// Claims and reminders by key, for the row of a list or for the return of the page.
import { announce } from "./announce.js";
import { closest, find, need } from "./dom.js";
import { gettext } from "./words.js";

const dialog = () => find("#follow-up-dialog", HTMLDialogElement);

/** @param {HTMLTableRowElement} row */
const idOf = (row) => row.id.replace("return-", "");

/**
 * Claim the return of a row, or give it back.
 * @param {HTMLTableRowElement} row
 */
export function claimRow(row) {
  const form = find("#row-claim", HTMLFormElement);
  if (!form) return announce(gettext("You may not claim returns."));
  need("[name=record]", HTMLInputElement, form).value = idOf(row);
  form.requestSubmit();
}

/**
 * Ask when to be reminded of the return of a row.
 * @param {HTMLTableRowElement} row
 */
export function remindOfRow(row) {
  const form = find("#ask-follow-up", HTMLFormElement);
  if (!form) return;
  need("[name=record]", HTMLInputElement, form).value = idOf(row);
  form.requestSubmit();
}

/** Ask when to be reminded of the return of the page. */
export function remindOfReturn() {
  find("#ask-follow-up", HTMLFormElement)?.requestSubmit();
}

/** Ask now, and not with the next poll, what a list or a return shows: the person has changed it. */
export function askForNews() {
  document.getElementById("live-poll")?.dispatchEvent(new Event("desk:poll"));
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { sourceElement, response } = ctx;
  if (!(sourceElement instanceof Element) || !(response?.raw.ok || response?.status === 422)) return;
  if (sourceElement.matches("[data-claims]")) announce(find("#toast [data-message]", HTMLElement)?.textContent ?? "");
  if (find("[data-ids]", HTMLInputElement, sourceElement)) askForNews();
  if (!sourceElement.matches("#ask-follow-up, [data-follow-up]")) return;
  const text = find("#follow-up-body > [data-message]", HTMLElement)?.textContent;
  if (text) {
    dialog()?.close();
    announce(text);
  } else {
    if (!dialog()?.open) dialog()?.showModal();
    find("#follow-up-body select", HTMLSelectElement)?.focus();
  }
});

document.addEventListener("click", (event) => {
  if (!closest(event.target, "[data-remind]", HTMLElement) || !dialog()) return;
  event.preventDefault();
  remindOfReturn();
});
