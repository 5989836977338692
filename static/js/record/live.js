// The page of a return follows what others do. What is typed, the focus and what is unfolded stay, and what
// has changed is marked for a moment.
import { announce } from "../announce.js";
import { isPending, isStale, outdate } from "../answers.js";
import { find, findAll, matches } from "../dom.js";
import { holdStill } from "../still.js";
import { gettext, interpolate, pgettext } from "../words.js";

const MARKED_MS = 4_000;
/** The names of the parts, like the page's own labels. @type {Record<string, string>} */
const NAMES = {
  claim: pgettext("part of the page", "Claim"),
  comment: pgettext("part of the page", "Comment"),
  details: pgettext("part of the page", "Details"),
  notes: pgettext("part of the page", "Notes"),
  state: pgettext("part of the page", "State"),
  tags: pgettext("part of the page", "Tags"),
  timeline: pgettext("part of the page", "Timeline"),
};
const PARTS = "[data-part], #return-facts dd, #timeline-events li:not(.folded)";

const poller = () => (document.getElementById("return-head") ? find("#live-poll", HTMLElement) : null);
/** @param {HtmxContext} ctx */
const isPoll = (ctx) => ctx.sourceElement?.id === "live-poll" && Boolean(poller());
/**
 * Tell whether an open editor of tags is brought up to date.
 * @param {HtmxContext} ctx
 */
const isRefresh = (ctx) => ctx.sourceElement instanceof Element && ctx.sourceElement.matches("[data-refresh]");
/**
 * Tell whether the person changes the return by this request.
 * @param {HtmxContext} ctx
 */
const isOwnWrite = (ctx) =>
  ctx.request.method === "POST" && Boolean(poller()) && Boolean(ctx.sourceElement.closest?.("#main .tagging, #timeline, #return-claim, #main .choose-macro"));

/** The person's own writes that are on their way. @type {Set<HtmxContext>} */
const writing = new Set();
/** Whether the next answer holds what the person did: that is not marked. */
let isOwn = false;
let askAgain = false;
/** The parts of the page before it is changed. @type {Set<string> | null} */
let before = null;
let keepPlace = () => {};
/** @type {HTMLDetailsElement[]} */
let unfolded = [];

// Ask

// An answer from before the person's own change does not know of it.
function askNow() {
  const element = poller();
  if (!element) return;
  if (isPending(element)) askAgain = true;
  else element.dispatchEvent(new Event("desk:poll"));
}

/** @param {HtmxEvent} event */
function onRequest({ detail: { ctx } }) {
  if (!isOwnWrite(ctx)) return;
  writing.add(ctx);
  isOwn = true;
}

/** @param {HtmxEvent} event */
function afterRequest({ detail: { ctx } }) {
  if (writing.delete(ctx) && ctx.response?.raw.ok) {
    outdate("return");
    askNow();
  }
  if (!askAgain || !isPoll(ctx)) return;
  askAgain = false;
  setTimeout(askNow);
}

// Show

/** @param {Element} part */
function nameOf(part) {
  if (part instanceof HTMLElement && part.dataset.part) return NAMES[part.dataset.part];
  if (!part.matches("dd")) return NAMES.timeline;
  let label = part.previousElementSibling;
  while (label && !label.matches("dt")) label = label.previousElementSibling;
  return label?.textContent?.trim() || NAMES.details;
}

/**
 * Return what a part says, but not how long ago: that changes by itself.
 * @param {Element} part
 */
function contentOf(part) {
  const copy = document.importNode(part, true);
  for (const time of findAll("time", HTMLTimeElement, copy)) time.textContent = time.dateTime;
  return `${nameOf(part)}: ${copy.textContent?.replace(/\s+/g, " ").trim()}`;
}

const parts = () => findAll(PARTS, HTMLElement);

/** @param {Set<string>} known */
function markChanged(known) {
  const changed = parts().filter((part) => !known.has(contentOf(part)));
  if (!changed.length) return;
  for (const part of changed) part.classList.add("has-changed");
  setTimeout(() => {
    for (const part of changed) part.classList.remove("has-changed");
  }, MARKED_MS);
  const names = [...new Set(changed.map(nameOf))].join(", ");
  announce(interpolate(gettext("Changed: %(names)s."), { names }, true));
}

// What the person looks at: the field or button that has the focus, or else what is at the top.
function placeToKeep() {
  const { activeElement } = document;
  if (matches(activeElement, "#main *")) return activeElement;
  const { left, width } = document.documentElement.getBoundingClientRect();
  const element = document.elementFromPoint(left + width / 2, 120)?.closest("#main section, #main li, #main dd");
  return element ?? null;
}

/** @param {HtmxEvent} event */
function beforeSwap(event) {
  const { ctx } = event.detail;
  if (!isPoll(ctx) && !isRefresh(ctx)) return;
  if (isStale(ctx, "return")) return event.preventDefault();
  if (isPoll(ctx)) before = isOwn ? null : new Set(parts().map(contentOf));
  const place = placeToKeep();
  keepPlace = place ? holdStill(place) : () => {};
}

/** @param {HtmxEvent} event */
function afterSwap({ detail: { ctx } }) {
  if (!isPoll(ctx) && !isRefresh(ctx)) return;
  keepPlace();
  if (isRefresh(ctx)) return;
  if (before) {
    markChanged(before);
    // An open editor of tags is not replaced; it follows by itself.
    find("#return-tags [data-refresh]", HTMLElement)?.dispatchEvent(new Event("desk:refresh"));
  }
  before = null;
  if (!writing.size) isOwn = false;
}

// Every answer arrives folded; what a person has unfolded stays so.
function rememberUnfolded() {
  unfolded = findAll("#main .stack details[open]", HTMLDetailsElement);
}

function unfoldAgain() {
  for (const details of unfolded) details.open = true;
}

document.addEventListener("htmx:before:request", onRequest);
document.addEventListener("htmx:finally:request", afterRequest);
document.addEventListener("htmx:before:swap", beforeSwap);
document.addEventListener("htmx:before:swap", rememberUnfolded);
document.addEventListener("htmx:after:swap", unfoldAgain);
document.addEventListener("htmx:after:swap", afterSwap);
