// While the search box has the focus and is empty, it offers the returns that the person opened last.
import { closest, find } from "./dom.js";

function follow() {
  const panel = find("#recent", HTMLElement);
  const box = find("#id_q", HTMLInputElement);
  if (!panel || !box) return;
  const { activeElement } = document;
  const isOffered = !box.value && (activeElement === box || panel.contains(activeElement));
  if (isOffered && panel.hidden) ask(panel);
  panel.hidden = !isOffered;
}

/** @param {HTMLElement} panel */
function ask(panel) {
  panel.dispatchEvent(new Event("desk:recent"));
}

// The box may have got the focus before htmx had read the page.
function catchUp() {
  const panel = find("#recent:not([hidden])", HTMLElement);
  if (panel) ask(panel);
}

document.addEventListener("focusin", follow);
// Where the focus goes is known afterwards.
document.addEventListener("focusout", () => setTimeout(follow));
document.addEventListener("input", follow);
document.addEventListener("htmx:after:process", ({ target }) => target === document.body && catchUp());
// The box keeps the focus while a link is pressed; without it the link would disappear before the click.
document.addEventListener("mousedown", (event) => {
  if (closest(event.target, "#recent", Element)) event.preventDefault();
});
