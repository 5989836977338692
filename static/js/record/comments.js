// Comments in place: Ctrl+Enter posts, and the focus stays with the person who types.
import { announce } from "../announce.js";
import { closest, find, need } from "../dom.js";

/** What each request posts as a new comment. @type {WeakMap<HtmxContext, string>} */
const posted = new WeakMap();

const newText = () => need("#comment-new-text", HTMLTextAreaElement);
/**
 * @param {unknown} target
 * @returns {target is Element}
 */
const isComment = (target) => target instanceof Element && target.matches("#timeline-events, .comment");

document.addEventListener("keydown", (event) => {
  const form = closest(event.target, ".comment-form", HTMLFormElement);
  if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id === "comment-new") posted.set(ctx, newText().value);
});

/**
 * Remove from the box what was posted, and nothing else: the next comment may be begun by then.
 * @param {HtmxContext} ctx
 */
function removePosted(ctx) {
  const text = posted.get(ctx);
  if (text === undefined || !ctx.response?.raw.ok) return;
  const box = newText();
  if (box.value.startsWith(text)) box.value = box.value.slice(text.length).trimStart();
  if (box.form) giveFocus(box, box.form);
}

/**
 * Move the focus for the person whose request this was, but not away from where they have gone since.
 * @param {HTMLElement | null} element
 * @param {Element} requester
 */
function giveFocus(element, requester) {
  const focused = document.activeElement;
  const isElsewhere = focused && focused !== document.body && !requester.contains(focused);
  if (!isElsewhere) element?.focus({ preventScroll: true });
}

/**
 * Put the focus into the text after Edit, and back on Edit after Save.
 * @param {Element} comment
 */
function afterEditing(comment) {
  const text = find(".comment-form textarea", HTMLTextAreaElement, comment);
  // A fresh timeline leaves a comment that is being edited alone.
  comment.toggleAttribute("hx-morph-skip", Boolean(text));
  giveFocus(text ?? find("[data-edit]", HTMLElement, comment) ?? document.getElementById("timeline"), comment);
}

/**
 * Lock the text of a comment while it is being saved: what is typed then would be lost with its form.
 * @param {HtmxContext} ctx
 * @param {boolean} isLocked
 */
function lockText(ctx, isLocked) {
  const comment = ctx.request.method === "POST" ? closest(ctx.sourceElement, ".comment", Element) : null;
  const text = comment && find("textarea", HTMLTextAreaElement, comment);
  if (text) text.readOnly = isLocked;
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => lockText(ctx, true));
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => lockText(ctx, false));

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { target, response } = ctx;
  if (!(response?.raw.ok || response?.status === 422) || !isComment(target)) return;
  if (target.matches(".comment")) afterEditing(target);
  removePosted(ctx);
  const message = target.querySelector(":scope > [data-message]")?.textContent;
  if (message) announce(message);
});
