// A return beside the list. The focus stays on the row, so that j and k go on and the preview follows; on
// a phone it covers the page and takes the focus.
import { announce } from "../announce.js";
import { isStale, outdate } from "../answers.js";
import { closest, find, matches, need } from "../dom.js";
import { onEscape } from "../escape.js";
import { current, linkOf } from "../lists/rows.js";

const FOLLOW_MS = 120;
const COVERS_THE_PAGE = matchMedia("(max-width: 900px)");

/** The id of the button that opened it. @type {string | null} */
let openedBy = null;
let following = 0;

const findPanel = () => find("#preview", HTMLDialogElement);
const needPanel = () => need("#preview", HTMLDialogElement);
/** @param {HtmxContext} ctx */
const isPreview = (ctx) => ctx.target instanceof Element && ctx.target.id === "preview-body";
/** @param {Element | null} row */
const buttonOf = (row) => row && find("[data-preview]", HTMLElement, row);

/** @param {Element} button */
function open(button) {
  const panel = needPanel();
  openedBy = button.id;
  panel.classList.add("is-loading");
  panel.classList.remove("has-failed");
  if (panel.open) return;
  if (COVERS_THE_PAGE.matches) return panel.showModal();
  const focused = document.activeElement;
  panel.show();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
}

function close() {
  const panel = needPanel();
  clearTimeout(following);
  const hadFocus = panel.contains(document.activeElement);
  panel.close();
  if (hadFocus && openedBy) document.getElementById(openedBy)?.focus();
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!isPreview(ctx)) return;
  outdate("preview", ctx);
  open(ctx.sourceElement);
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!isPreview(ctx) || !ctx.response?.raw.ok) return;
  const parts = [...(ctx.target?.querySelectorAll("h2, .say") ?? [])].map((part) => part.textContent?.trim());
  announce(parts.join(": "));
  // Opened from here, the return has its place in the list as well.
  const row = closest(ctx.sourceElement, "tr", HTMLTableRowElement);
  const link = find("#preview-body h2 a.reference", HTMLAnchorElement);
  if (row && link) link.href = linkOf(row).href;
  needPanel().scrollTop = 0;
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  // One that gave way to a later one, perhaps of the same return, has not failed.
  if (!isPreview(ctx) || isStale(ctx, "preview")) return;
  const panel = findPanel();
  panel?.classList.remove("is-loading");
  panel?.classList.toggle("has-failed", !ctx.response?.raw.ok);
});

// "p" on a row does the same as the row's button, and closes the preview if it shows this row.
document.addEventListener("desk:preview", ({ target }) => {
  const button = target instanceof Element ? buttonOf(target) : null;
  if (!button) return;
  if (needPanel().open && openedBy === button.id) return close();
  button.click();
});

// The preview follows the keys from row to row.
document.addEventListener("focusin", ({ target }) => {
  clearTimeout(following);
  const panel = findPanel();
  if (!panel?.open || panel.matches(":modal") || !matches(target, "a.reference")) return;
  const button = buttonOf(current());
  if (!button || button.id === openedBy) return;
  following = setTimeout(() => {
    if (button.isConnected) button.click();
  }, FOLLOW_MS);
});

document.addEventListener("click", ({ target }) => {
  if (closest(target, "[data-close-preview]", Element)) close();
});
onEscape("preview", () => {
  if (!findPanel()?.open) return false;
  // In a text field Escape is the field's own.
  if (document.activeElement?.matches("input:not([type=checkbox]), textarea")) return false;
  close();
  return true;
});
