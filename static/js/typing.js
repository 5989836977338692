/**
 * Tell whether keys go into this element as text, so that they must not do anything else.
 * @param {EventTarget | null} target
 */
export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

/**
 * Tell whether the key belongs to a shortcut, or to a character that is still being composed.
 * @param {KeyboardEvent} event
 */
export function hasModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
}
