// Menus that open from a button: at most one is open, and a click elsewhere or Escape closes it.
import { closest, findAll, need } from "./dom.js";
import { onEscape } from "./escape.js";

/**
 * Close the open menus. The focus returns to the button of the menu that had it.
 * @param {HTMLDetailsElement | null} [except]
 */
export function closeMenus(except = null) {
  const open = findAll("details.menu[open]", HTMLDetailsElement).filter((menu) => menu !== except);
  for (const menu of open) {
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) need("summary", HTMLElement, menu).focus();
  }
  return open.length > 0;
}

// On a phone the filters of a list lie behind a button.
document.addEventListener("click", ({ target }) => {
  const button = closest(target, "#show-filters", HTMLButtonElement);
  const form = document.getElementById("return-filters");
  if (!button || !form) return;
  const isOpen = form.classList.toggle("is-open");
  button.setAttribute("aria-expanded", String(isOpen));
});
document.addEventListener("click", ({ target }) => {
  closeMenus(closest(target, "details.menu", HTMLDetailsElement));
});
onEscape("menu", () => closeMenus());
