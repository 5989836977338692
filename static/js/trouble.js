// Say in words that a request failed, and offer to try again. The page and what was typed stay.
const SENTENCES = {
  0: "The server could not be reached. What you typed is still here.",
  403: "You may not do this. Ask an admin if you should.",
  404: "This is not there any more. Reload the page to see what is.",
  414: "That is more than one search can take. Type or paste less of it.",
  429: "Too many requests. Wait a moment, then try again.",
};
const SERVER_FAILED = "The server failed to answer. What you typed is still here.";

let failed = null;

function bar() {
  return document.getElementById("trouble");
}

function show(words) {
  const notice = bar();
  if (!notice) return;
  notice.querySelector("[data-words]").textContent = words;
  notice.hidden = false;
}

function hide() {
  failed = null;
  if (bar()) bar().hidden = true;
}

function wordsFor(ctx) {
  const { raw, status } = ctx.response;
  // The server's own sentence where it sent one; never a whole page.
  const plain = raw.headers.get("Content-Type")?.startsWith("text/plain");
  if (plain && ctx.text) return ctx.text;
  return status >= 500 ? SERVER_FAILED : SENTENCES[status] ?? SERVER_FAILED;
}

// Of a request that says by itself when it fails.
const isQuiet = (ctx) => ctx.sourceElement?.hasAttribute?.("data-quiet");

function retry() {
  const ctx = failed;
  hide();
  const source = ctx?.sourceElement;
  if (!source?.isConnected) return location.reload();
  const form = source.closest("form");
  // A hidden button was pressed by Enter: the list shall follow what was typed as well.
  if (source !== form && !source.hidden && source.matches("a, button")) return source.click();
  if (!form) return location.reload();
  const { submitter } = ctx.request;
  form.requestSubmit(form.contains(submitter) ? submitter : undefined);
}

document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  // 422 is a form with its errors; the page shows it in its place.
  if (ctx.response.status === 422 || isQuiet(ctx)) return;
  failed = ctx;
  show(wordsFor(ctx));
});
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx?.request || ctx.response || isQuiet(ctx)) return;
  failed = ctx;
  show(SENTENCES[0]);
});
// An answer for another part of the page says nothing of what failed, nor does what a page asks by itself.
function isOfWhatFailed(ctx) {
  if (ctx.sourceElement === failed.sourceElement) return true;
  if (new URL(ctx.request.action, location).searchParams.has("poll")) return false;
  return !failed.target?.isConnected || ctx.target?.contains(failed.target) || failed.target.contains(ctx.target);
}

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (failed && isOfWhatFailed(ctx)) hide();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-retry]")) retry();
  if (event.target.closest("[data-dismiss]")) hide();
});

function showConnection() {
  const offline = document.getElementById("offline");
  if (offline) offline.hidden = navigator.onLine;
}
addEventListener("offline", showConnection);
addEventListener("online", showConnection);
showConnection();
