// The Escape key closes the topmost layer, one per press.

/** @typedef {"mentions" | "tag editor" | "field" | "menu" | "preview"} Layer */

/** From the top down. @type {Layer[]} */
const LAYERS = ["mentions", "tag editor", "field", "menu", "preview"];

/** @type {Map<Layer, (event: KeyboardEvent) => boolean>} */
const closers = new Map();

/**
 * Register how Escape closes a layer.
 * @param {Layer} layer
 * @param {(event: KeyboardEvent) => boolean} close Returns false if there was nothing to close.
 */
export function onEscape(layer, close) {
  closers.set(layer, close);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  // The browser itself closes a modal dialog; where the preview is one, it returns the focus to its row.
  if (document.querySelector("dialog:modal:not(#preview)")) return;
  if (LAYERS.some((layer) => closers.get(layer)?.(event))) event.preventDefault();
}

document.addEventListener("keydown", onKey);
