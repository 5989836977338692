// The bell follows the polls of open pages; what is new is announced once.
import { announce } from "./announce.js";
import { find } from "./dom.js";

const shown = () => find("#bell-link", HTMLElement);
const numberOf = () => Number(shown()?.dataset.number ?? 0);
let known = numberOf();

document.addEventListener("htmx:after:swap", () => {
  const number = numberOf();
  if (number > known) announce(shown()?.getAttribute("aria-label") ?? "");
  known = number;
});
