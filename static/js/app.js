// What the pages do, all of it on every page: one page takes the place of another without a reload.
import "./back.js";
import "./box.js";
import "./chosen.js";
import "./comments.js";
import "./keys.js";
import "./live.js";
import "./once.js";
import "./preview.js";
import "./reports.js";
import "./select.js";
import "./tag-menu.js";
import "./tags.js";
import "./times.js";
import "./trouble.js";
import "./views.js";
import { announce } from "./announce.js";

const COPIED_MS = 1600;

function copyByHand(text) {
  // Without HTTPS the browser hides its clipboard; a selected field can still be copied.
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("The browser refused to copy.");
}

async function copy(text) {
  if (navigator.clipboard) {
    try {
      return await navigator.clipboard.writeText(text);
    } catch {
      // Refused, for example in a frame: try by hand.
    }
  }
  copyByHand(text);
}

async function copyFrom(button) {
  try {
    await copy(button.dataset.copy);
  } catch {
    return announce("Could not copy. Select the text and copy it by hand.");
  }
  button.focus();
  button.classList.add("is-copied");
  announce("Copied");
  setTimeout(() => button.classList.remove("is-copied"), COPIED_MS);
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu === except) continue;
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) menu.querySelector("summary").focus();
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copyFrom(button);
  if (event.target.closest("[data-print]")) window.print();
  closeMenus(event.target.closest("details.menu"));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus();
});
