// From return to return of a list by key. The page is replaced in place, so that no press is lost while the next
// return is on its way: presses that come meanwhile are counted, and go on from the page that arrives.
import { find, matches } from "../dom.js";

/** How many returns there are still to go: forwards, or backwards if it is below 0. */
let steps = 0;
/** The request for the next one, while it is on its way. @type {HtmxContext | null} */
let underWay = null;

/**
 * Go to the next return, or with -1 to the previous one.
 * @param {1 | -1} direction
 */
export function step(direction) {
  steps += direction;
  goOn();
}

function goOn() {
  if (!steps || underWay) return;
  const link = find(steps > 0 ? "#next-return" : "#previous-return", HTMLAnchorElement);
  if (!link) return stop();
  steps -= Math.sign(steps);
  link.dispatchEvent(new Event("desk:step"));
}

function stop() {
  steps = 0;
}

/** @param {HtmxEvent} event */
function leave({ detail: { ctx } }) {
  if (matches(ctx.sourceElement, "#next-return, #previous-return")) underWay = ctx;
}

/** @param {HtmxEvent} event */
function arrive({ detail: { ctx } }) {
  if (ctx !== underWay) return;
  underWay = null;
  if (!ctx.response?.raw.ok) stop();
  setTimeout(goOn); // once htmx is done with this one
}

document.addEventListener("htmx:before:request", leave);
document.addEventListener("htmx:finally:request", arrive);
// Whatever else a person does is about the return that is shown.
document.addEventListener("keydown", ({ key }) => /^[jk]$/i.test(key) || stop(), true);
document.addEventListener("pointerdown", stop, true);
document.addEventListener("htmx:before:history:restore", stop);
