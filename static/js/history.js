// Back and Forward. An answer for the page that is being left would cover the other page, or put its own
// address in the place of the other page's: it is dropped.
import { abortReads, isReading, isStale, outdate } from "./answers.js";

let isLeaving = false;

/** @param {HtmxContext} ctx */
const isRestore = (ctx) => Boolean(ctx.request.headers["HX-History-Restore-Request"]);
/**
 * Tell whether the request opens a page in place, by a scan or by a key: then nobody waits for Back.
 * @param {HtmxContext} ctx
 */
const opensPage = (ctx) => ctx.select === "#main";

/** @param {HtmxEvent} event */
function onRequest(event) {
  const { ctx } = event.detail;
  if (!isLeaving || isRestore(ctx) || !isReading(ctx)) return;
  if (!opensPage(ctx)) return event.preventDefault();
  isLeaving = false;
  outdate("page", ctx);
}

// Back once more while the page before is still on its way: that page is not shown either.
function leave() {
  isLeaving = true;
  outdate("page");
  abortReads();
}

/** @param {HtmxEvent} event */
function arrive(event) {
  const { ctx } = event.detail;
  if (!isRestore(ctx)) return;
  if (isStale(ctx, "page")) event.preventDefault();
  else isLeaving = false;
}

document.addEventListener("htmx:before:request", onRequest);
document.addEventListener("htmx:before:history:restore", leave);
// Before the swap: the restored page may make requests as soon as it is shown.
document.addEventListener("htmx:before:swap", arrive);
document.addEventListener("htmx:finally:request", arrive);
