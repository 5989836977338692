// Tells the server which return is open in front of the person, so that colleagues see who looks at it.
import { find } from "../dom.js";

const EVERY_MS = 15_000;

const findForm = () => find("#presence-form", HTMLFormElement);

/** The form of the return that is open. @type {HTMLFormElement | null} */
let open = null;

function tell() {
  if (open && !document.hidden) open.dispatchEvent(new Event("desk:present"));
}

/**
 * The browser sends it even if the page is gone by then.
 * @param {HTMLFormElement | null} form
 */
function leave(form) {
  if (!form) return;
  const data = new FormData(form);
  data.set("leave", "1");
  navigator.sendBeacon(form.action, data);
}

// Two tabs of a return, and two times that it is opened in one, have an id each.
const idOf = (/** @type {HTMLFormElement | null} */ form) => form && new FormData(form).get("page");

function follow() {
  const form = findForm();
  if (idOf(form) === idOf(open)) return;
  const left = open;
  open = form;
  // Of the same return again, so that nobody sees the name go.
  tell();
  leave(left);
}

document.addEventListener("htmx:after:swap", follow);
document.addEventListener("visibilitychange", tell);
addEventListener("pagehide", () => leave(open));
addEventListener("pageshow", ({ persisted }) => persisted && tell());
setInterval(tell, EVERY_MS);
// Once htmx has read the page.
addEventListener("load", follow);
