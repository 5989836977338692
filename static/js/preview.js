// A return beside the list. The row keeps the focus, so that j and k go on and the preview follows;
// on a phone it covers the page, and the focus is in it.
import { announce } from "./announce.js";
import { current } from "./rows.js";

const FOLLOW_MS = 120;
const COVERS_THE_PAGE = matchMedia("(max-width: 900px)");

let asked = null; // the id of the button that asked
let latest = null; // htmx's context of what was asked for last
let following = 0;

const panel = () => document.getElementById("preview");
const isPreview = (ctx) => ctx?.target instanceof Element && ctx.target.id === "preview-body";
const buttonOf = (row) => row?.querySelector("[data-preview]");

function open(button) {
  asked = button.id;
  panel().classList.add("is-loading");
  panel().classList.remove("has-failed");
  if (panel().open) return;
  if (COVERS_THE_PAGE.matches) return panel().showModal();
  const focused = document.activeElement;
  panel().show();
  focused?.focus({ preventScroll: true });
}

function close() {
  clearTimeout(following);
  const hadFocus = panel().contains(document.activeElement);
  panel().close();
  if (hadFocus) document.getElementById(asked)?.focus();
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!isPreview(ctx)) return;
  latest = ctx;
  open(ctx.sourceElement);
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!isPreview(ctx) || !ctx.response.raw.ok) return;
  const parts = [...ctx.target.querySelectorAll("h2, .say")].map((part) => part.textContent.trim());
  announce(parts.join(": "));
  panel().scrollTop = 0;
});

// One that gave way to a later one, perhaps of the same return, has not failed.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx !== latest) return;
  panel()?.classList.remove("is-loading");
  panel()?.classList.toggle("has-failed", !ctx.response?.raw.ok);
});

// "p" on the row: the same as its button, and once more closes it.
document.addEventListener("desk:preview", ({ target }) => {
  const button = buttonOf(target);
  if (panel().open && asked === button.id) return close();
  button.click();
});

// The preview follows the keys from row to row.
document.addEventListener("focusin", ({ target }) => {
  clearTimeout(following);
  if (!panel()?.open || panel().matches(":modal") || !target.matches("a.reference")) return;
  const button = buttonOf(current());
  if (button && button.id !== asked) following = setTimeout(() => button.isConnected && button.click(), FOLLOW_MS);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-preview]")) close();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || !panel()?.open) return;
  // Escape belongs to an editor, a menu or a field first.
  if (document.activeElement?.matches("input:not([type=checkbox]), textarea") || document.querySelector("details.menu[open]")) return;
  event.preventDefault();
  close();
});
