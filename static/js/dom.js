// Elements of the page, each of the kind that the script expects.

/**
 * Return the first element that matches the selector and is of the kind, or null.
 * @template {Element} E
 * @param {string} selector
 * @param {new () => E} kind
 * @param {ParentNode} [root]
 * @returns {E | null}
 */
export function find(selector, kind, root = document) {
  const element = root.querySelector(selector);
  return element instanceof kind ? element : null;
}

/**
 * Return the element that the page must have; raise an error if it is missing.
 * @template {Element} E
 * @param {string} selector
 * @param {new () => E} kind
 * @param {ParentNode} [root]
 * @returns {E}
 */
export function need(selector, kind, root = document) {
  const element = find(selector, kind, root);
  if (!element) throw new Error(`The page has no ${selector}.`);
  return element;
}

/**
 * Return all elements that match the selector and are of the kind.
 * @template {Element} E
 * @param {string} selector
 * @param {new () => E} kind
 * @param {ParentNode} [root]
 * @returns {E[]}
 */
export function findAll(selector, kind, root = document) {
  /** @type {E[]} */
  const elements = [];
  for (const element of root.querySelectorAll(selector)) if (element instanceof kind) elements.push(element);
  return elements;
}

/**
 * Return the nearest element around the target of an event, itself included, or null.
 * @template {Element} E
 * @param {EventTarget | null | undefined} target
 * @param {string} selector
 * @param {new () => E} kind
 * @returns {E | null}
 */
export function closest(target, selector, kind) {
  const element = target instanceof Element ? target.closest(selector) : null;
  return element instanceof kind ? element : null;
}

/**
 * Tell whether the target of an event is an element that matches the selector.
 * @param {EventTarget | null | undefined} target
 * @param {string} selector
 * @returns {target is Element}
 */
export function matches(target, selector) {
  return target instanceof Element && target.matches(selector);
}

/**
 * Tell whether any element has the focus. The body has it when the focused element was removed.
 */
export function isFocusSomewhere() {
  return Boolean(document.activeElement) && document.activeElement !== document.body;
}

/**
 * Run this once all scripts have run and htmx, which waits for its turn after them or before, knows the page.
 * @param {() => void} run
 */
export function whenReady(run) {
  document.addEventListener("DOMContentLoaded", () => setTimeout(run));
}
