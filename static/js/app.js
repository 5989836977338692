// All scripts, on every page: one page replaces another without a reload.
import "./language.js";
import "./history.js";
import "./search.js";
import "./shoppers.js";
import "./recent.js";
import "./lists/links.js";
import "./record/mentions.js";
import "./record/comments.js";
import "./claims.js";
import "./macros.js";
import "./bell.js";
import "./keys.js";
import "./live.js";
import "./record/live.js";
import "./record/presence.js";
import "./passkeys.js";
import "./forms.js";
import "./record/preview.js";
import "./reports.js";
import "./scanner_test.js";
import "./scans.js";
import "./lists/selection.js";
import "./lists/filters.js";
import "./tags.js";
import "./times.js";
import "./errors.js";
import "./lists/views.js";
import "./copy.js";
import "./toasts.js";
import "./drafts.js";
import "./menus.js";
import { closest } from "./dom.js";

document.addEventListener("click", ({ target }) => {
  if (closest(target, "[data-print]", HTMLElement)) globalThis.print();
});
