// The one box: "/" leads to it, lists can be pasted, and a scanner can go on scanning.
import { hasModifier, isTyping } from "./typing.js";

// Set when Enter leaves the page: the next one puts the focus into its box.
const SCANNING = "desk-scanning";
// What was typed after Enter, while the next page was on its way.
const TYPED_SINCE = "desk-typed-since";

const box = document.getElementById("id_q");
let entered = null;

function focusTheBox(event) {
  // By the character, not the key's place: on a Turkish keyboard "/" is typed with Shift.
  if (event.key !== "/" || hasModifier(event) || isTyping(event.target)) return;
  event.preventDefault();
  box.focus();
  box.select();
}

function onKeyInBox(event) {
  if (event.isComposing) return;
  if (event.key === "Enter") {
    entered = box.value;
    sessionStorage.setItem(SCANNING, "1");
    // The next scan shall replace this one, not be added to it.
    setTimeout(() => document.activeElement === box && box.select());
  } else if (event.key === "Escape" && !box.value) {
    box.blur();
  }
}

// A box of one line drops line breaks; as commas they keep the numbers apart.
function onPaste(event) {
  const text = event.clipboardData.getData("text");
  const lines = text.split(/[\r\n\t\v\f\u2028\u2029]+/).map((line) => line.trim()).filter(Boolean);
  if (lines.length < 2) return;
  event.preventDefault();
  document.execCommand("insertText", false, lines.join(", "));
}

function goOnScanning() {
  const since = sessionStorage.getItem(TYPED_SINCE);
  const scanning = sessionStorage.getItem(SCANNING);
  sessionStorage.removeItem(TYPED_SINCE);
  sessionStorage.removeItem(SCANNING);
  if (!scanning || document.activeElement !== document.body) return;
  box.focus();
  if (since) box.value = since;
  else box.select();
}

// Keys that came before this script are in the box, but the list has not followed them.
function catchUp() {
  if (box.value !== box.defaultValue) box.dispatchEvent(new Event("input", { bubbles: true }));
}

if (box) {
  document.addEventListener("keydown", focusTheBox);
  box.addEventListener("keydown", onKeyInBox);
  box.addEventListener("paste", onPaste);
  addEventListener("pagehide", () => {
    if (entered !== null && box.value !== entered) sessionStorage.setItem(TYPED_SINCE, box.value);
  });
  addEventListener("load", catchUp);
  goOnScanning();
}
