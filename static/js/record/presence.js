// Tells the server which return is open in front of the person, so that colleagues see who looks at it.
import { find } from "../dom.js";

const EVERY_MS = 15_000;

const findForm = () => find("#presence-form", HTMLFormElement);

/** The form of the return that is open. @type {HTMLFormElement | null} */
let open = null;

function tell() {
  if (open && !document.hidden) open.dispatchEvent(new Event("desk:present"));
}

// The browser sends it even if the page is gone by then.
function leave() {
  if (!open) return;
  const data = new FormData(open);
  data.set("leave", "1");
  navigator.sendBeacon(open.action, data);
}

function follow() {
  const form = findForm();
  const isSame = form?.action === open?.action;
  if (!isSame) leave();
  open = form;
  if (!isSame) tell();
}

document.addEventListener("htmx:after:swap", follow);
document.addEventListener("visibilitychange", tell);
addEventListener("pagehide", leave);
addEventListener("pageshow", ({ persisted }) => persisted && tell());
setInterval(tell, EVERY_MS);
// Once htmx has read the page.
addEventListener("load", follow);
