// Buttons that copy a text.
import { announce } from "./announce.js";
import { closest } from "./dom.js";
import { gettext } from "./words.js";

const COPIED_MS = 1600;

/** @param {string} text */
function copyByHand(text) {
  // Without HTTPS the browser hides its clipboard; the text of a selected field can still be copied.
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("The browser refused to copy.");
}

/** @param {string} text */
async function copy(text) {
  if (navigator.clipboard) {
    try {
      return await navigator.clipboard.writeText(text);
    } catch {
      // Refused, for example in a frame: try by hand.
    }
  }
  copyByHand(text);
}

/** @param {HTMLElement} button */
async function copyFrom(button) {
  try {
    await copy(button.dataset.copy ?? "");
  } catch {
    return announce(gettext("Could not copy. Select the text and copy it by hand."));
  }
  button.focus();
  button.classList.add("is-copied");
  announce(gettext("Copied"));
  setTimeout(() => button.classList.remove("is-copied"), COPIED_MS);
}

document.addEventListener("click", ({ target }) => {
  const button = closest(target, "[data-copy]", HTMLElement);
  if (button) copyFrom(button);
});
