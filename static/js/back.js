// Back and Forward. What the page that is left has asked for, or asks for while the other one is
// fetched, would cover that one, or put its own address in its place: it is answered no more.
const asked = new Set();
let isLeaving = false;
let restoring = null;

const isRestoring = (ctx) => Boolean(ctx.request.headers["HX-History-Restore-Request"]);
// Enter in the one box: a person who scans does not wait for Back any more.
const goesOn = (ctx) => ctx.select === "#main";

function onRequest(event) {
  const { ctx } = event.detail;
  if (isRestoring(ctx)) {
    restoring = ctx;
  } else if (ctx.request.method === "GET") {
    // What is written is written, whatever page is shown by then.
    if (isLeaving && !goesOn(ctx)) return event.preventDefault();
    isLeaving = false;
    restoring = null;
    asked.add(ctx);
  }
}

function leave() {
  isLeaving = true;
  restoring = null; // Back once more: the page that was being fetched is not arrived at
  for (const ctx of asked) ctx.request.abort();
}

function arrive(event) {
  const { ctx } = event.detail;
  asked.delete(ctx);
  if (!isRestoring(ctx)) return;
  if (ctx === restoring) isLeaving = false;
  else event.preventDefault();
}

document.addEventListener("htmx:before:request", onRequest);
document.addEventListener("htmx:before:history:restore", leave);
// Before the swap: the page that comes may ask for more as soon as it is there.
document.addEventListener("htmx:before:swap", arrive);
document.addEventListener("htmx:finally:request", arrive);
