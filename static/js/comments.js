// Comments in place: Ctrl+Enter posts, the focus stays with who types, and the timeline follows
// when tags are edited on the same page.
import { announce } from "./announce.js";

const sent = new WeakMap(); // by htmx's context: what was posted
const newText = () => document.getElementById("comment-new-text");
const isComment = (element) => element instanceof Element && element.matches("#timeline-events, .said");

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".comment-form");
  if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id === "comment-new") sent.set(ctx, newText().value);
});

// Emptied only of what was posted: the next comment may be begun by then.
function emptyBox(ctx) {
  const box = newText();
  if (!sent.has(ctx) || !ctx.response.raw.ok) return;
  if (box.value.startsWith(sent.get(ctx))) box.value = box.value.slice(sent.get(ctx).length).trimStart();
  box.focus({ preventScroll: true });
}

// The focus moves only for the person who asked, never away from where they have gone since.
function mindFocus(root) {
  const focused = document.activeElement;
  if (focused && focused !== document.body && !root.contains(focused)) return;
  const form = root.querySelector(".comment-form");
  // A fresh timeline leaves a comment that is being edited alone.
  const target = form ? form.querySelector("textarea") : root.querySelector("[data-edit]");
  (target ?? document.getElementById("timeline")).focus({ preventScroll: true });
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const root = ctx.target;
  if (root?.matches?.(".tagging") && document.getElementById("timeline-events")) {
    if (ctx.request.method === "POST") document.body.dispatchEvent(new CustomEvent("tags-edited"));
    return;
  }
  if (!isComment(root)) return;
  if (root.matches(".said")) {
    root.toggleAttribute("hx-morph-skip", Boolean(root.querySelector(".comment-form")));
    mindFocus(root);
  }
  emptyBox(ctx);
  const words = root.querySelector(":scope > [data-message]")?.textContent;
  if (words) announce(words);
});
