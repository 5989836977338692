// Comments in place: Ctrl+Enter posts, the focus stays with who types, and the timeline follows
// when tags are edited on the same page.
import { announce } from "./announce.js";

const sent = new WeakMap(); // by htmx's context: what was posted
const opened = new WeakMap(); // by htmx's context: ids of what was unfolded
const asked = new WeakMap(); // by htmx's context: how many comments had been written by then
let written = 0;
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
  giveFocus(box, box.form);
}

// The focus moves only for the person who asked, never away from where they have gone since.
function giveFocus(target, asked) {
  const focused = document.activeElement;
  const elsewhere = focused && focused !== document.body && !asked.contains(focused);
  if (!elsewhere) target.focus({ preventScroll: true });
}

// After Edit into the text, after Save to Edit again.
function afterEditing(root) {
  const text = root.querySelector(".comment-form textarea");
  // A fresh timeline leaves a comment that is being edited alone.
  root.toggleAttribute("hx-morph-skip", Boolean(text));
  giveFocus(text ?? root.querySelector("[data-edit]") ?? document.getElementById("timeline"), root);
}

// What is typed while a comment is being saved would go with its form.
function holdText(ctx, isHeld) {
  const text = ctx.request.method === "POST" && ctx.sourceElement.closest?.(".said")?.querySelector("textarea");
  if (text) text.readOnly = isHeld;
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  asked.set(ctx, written);
  holdText(ctx, true);
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => holdText(ctx, false));

// A timeline that was asked for before a comment was written does not know of it: ask again.
function isOld(ctx) {
  return ctx.target?.id === "timeline-events" && ctx.request.method === "GET" && asked.get(ctx) !== written;
}

function askForTimeline() {
  document.body.dispatchEvent(new CustomEvent("tags-edited"));
}

// A fresh timeline comes folded; what a person opened stays open.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (isOld(ctx)) {
    event.preventDefault();
    askForTimeline();
  }
  opened.set(ctx, [...document.querySelectorAll("#timeline-events details[open]")].map(({ id }) => id));
});

function openAgain(ctx) {
  for (const id of opened.get(ctx) ?? []) document.getElementById(id)?.setAttribute("open", "");
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const root = ctx.target;
  if (!(ctx.response.raw.ok || ctx.response.status === 422)) return;
  if (root?.matches?.(".tagging") && document.getElementById("timeline-events")) {
    if (ctx.request.method === "POST") askForTimeline();
    return;
  }
  if (!isComment(root)) return;
  if (ctx.request.method === "POST") written += 1;
  openAgain(ctx);
  if (root.matches(".said")) afterEditing(root);
  emptyBox(ctx);
  const words = root.querySelector(":scope > [data-message]")?.textContent;
  if (words) announce(words);
});
