// Keeps a page in one language: after the person has chosen another one in a second window, the next
// answer is in that one, and takes the whole page with it.
import { closest } from "./dom.js";
import { isTyping } from "./typing.js";

/** @param {HtmxEvent} event */
function keepOneLanguage(event) {
  const { ctx } = event.detail;
  const language = ctx.response?.raw.headers.get("Content-Language");
  if (!language || language === document.documentElement.lang) return;
  // What was sent is done, and its answer is shown; the next answer brings the language.
  if (ctx.request.method.toUpperCase() !== "GET") return;
  event.preventDefault();
  const isPage = closest(ctx.sourceElement, "[hx-push-url]", Element);
  const page = ctx.response?.raw.headers.get("HX-Push-Url") ?? (isPage ? ctx.request.action : null);
  if (page && page !== "false") location.assign(page);
  // Nothing that is being typed is lost; another answer comes.
  else if (!isTyping(document.activeElement)) location.reload();
}

document.addEventListener("htmx:before:swap", keepOneLanguage);
