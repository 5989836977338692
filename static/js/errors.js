// Says that a request failed, and offers to try again. The page stays, with everything typed into it.
import { closest, find, need } from "./dom.js";
import { gettext } from "./words.js";

/** @type {Record<number, string>} */
const MESSAGES = {
  0: gettext("The server could not be reached. What you typed is still here."),
  403: gettext("You don’t have permission to do this. Ask your administrator."),
  404: gettext("This no longer exists. Reload the page."),
  414: gettext("This search is too long. Type or paste less."),
  429: gettext("Too many requests. Wait a moment, then try again."),
};
const SERVER_FAILED = gettext("The server could not answer. What you typed is still here.");

/** @typedef {Pick<HtmxContext, "request" | "sourceElement" | "target">} FailedRequest */

/** The request that the notice is about. @type {FailedRequest | null} */
let failed = null;

const notice = () => find("#trouble", HTMLElement);

/** @param {string} text */
function show(text) {
  const element = notice();
  if (!element) return;
  need("[data-text]", HTMLElement, element).textContent = text;
  element.hidden = false;
}

function hide() {
  failed = null;
  const element = notice();
  if (element) element.hidden = true;
}

/** @param {HtmxContext} ctx */
function messageFor({ response, text }) {
  // The server's own sentence where it sent one; never a whole page.
  const isPlain = response?.raw.headers.get("Content-Type")?.startsWith("text/plain");
  if (isPlain && text) return text;
  const status = response?.status ?? 0;
  return status >= 500 ? SERVER_FAILED : MESSAGES[status] ?? SERVER_FAILED;
}

/**
 * Tell whether the page shows the failure of this element's requests elsewhere.
 * @param {Element | undefined} source
 */
const isQuiet = (source) => Boolean(source?.hasAttribute?.("data-quiet"));

function retry() {
  const request = failed;
  hide();
  const source = request?.sourceElement;
  if (!(source instanceof HTMLElement) || !source.isConnected) return location.reload();
  const form = source.closest("form");
  // A hidden button was pressed by Enter: submit its form, so that the list follows what was typed as well.
  if (source !== form && !source.hidden && source.matches("a, button")) return source.click();
  if (!form) return location.reload();
  const submitter = request?.request.submitter;
  form.requestSubmit(submitter && form.contains(submitter) ? submitter : undefined);
}

document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  // 422 is a form with its errors; the page shows it in its place.
  if (ctx.response?.status === 422 || isQuiet(ctx.sourceElement)) return;
  failed = ctx;
  show(messageFor(ctx));
});
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx?.request || !ctx.sourceElement || ctx.response || isQuiet(ctx.sourceElement)) return;
  failed = { request: ctx.request, sourceElement: ctx.sourceElement, target: ctx.target };
  show(MESSAGES[0]);
});

/**
 * Tell whether an answer settles the failed request. One for another part of the page does not, nor does
 * one that the page requested automatically.
 * @param {HtmxContext} ctx
 * @param {FailedRequest} failure
 */
function isForFailed(ctx, failure) {
  if (ctx.sourceElement === failure.sourceElement) return true;
  if (new URL(ctx.request.action, location.href).searchParams.has("poll")) return false;
  const target = failure.target;
  if (!target?.isConnected) return true;
  return Boolean(ctx.target?.contains(target)) || target.contains(ctx.target ?? null);
}

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (failed && isForFailed(ctx, failed)) hide();
});
document.addEventListener("click", ({ target }) => {
  if (closest(target, "[data-retry]", Element)) retry();
  if (closest(target, "[data-dismiss]", Element)) hide();
});

function showConnection() {
  const element = find("#offline", HTMLElement);
  if (element) element.hidden = navigator.onLine;
}
addEventListener("offline", showConnection);
addEventListener("online", showConnection);
showConnection();
