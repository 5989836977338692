// The one box: Enter opens what it says in the place of the page, so that the box
// stays and a scanner can go on scanning; pasted lists stay apart.
import { announce } from "./announce.js";

// A scanner's keys follow each other faster than anybody types; times in milliseconds.
const SCANNERS_PACE = 40;
const SHORTEST_SCAN = 6;
// A scanner may end with carriage return and line feed: Enter twice.
const SAME_ENTER = 300;

let scanned = { keys: 0, at: -Infinity };
let entered = { text: null, at: -Infinity, isOpening: false, isListWaiting: false };

const theBox = () => document.getElementById("id_q");
const isBox = (element) => element.id === "id_q";

// Keys in the box

function isFromScanner({ timeStamp }) {
  return scanned.keys >= SHORTEST_SCAN && timeStamp - scanned.at < SCANNERS_PACE;
}

function countKey({ key, timeStamp }) {
  if (key.length > 1) return;
  const goesOn = timeStamp - scanned.at < SCANNERS_PACE;
  scanned = { keys: goesOn ? scanned.keys + 1 : 1, at: timeStamp };
}

function onKeyInBox(event) {
  const box = event.target;
  if (event.isComposing) return;
  if (event.key === "Enter") {
    onEnter(event, box);
  } else if (isFromScanner(event) && (event.key === "Tab" || event.ctrlKey)) {
    // Tab may end a scan as well. Control characters in it come as shortcuts of the browser.
    event.preventDefault();
    if (event.key === "Tab") enter(box);
  } else {
    countKey(event);
  }
}

function onEnter(event, box) {
  const isSame = box.value === entered.text && event.timeStamp - entered.at < SAME_ENTER;
  if (event.repeat || isSame) return event.preventDefault();
  remember(box, event.timeStamp);
}

function remember(box, at) {
  entered = { text: box.value, at, isOpening: true, isListWaiting: false };
  // The next scan shall replace this one, not be added to it.
  box.select();
}

function enter(box) {
  const button = box.form.querySelector("button[type=submit]");
  remember(box, performance.now());
  if (button) button.click();
  else box.form.requestSubmit();
}

// A box of one line drops line breaks; as commas they keep the numbers apart.
function onPaste(event) {
  const text = event.clipboardData.getData("text");
  const lines = text.split(/[\r\n\t\v\f\u2028\u2029]+/).map((line) => line.trim()).filter(Boolean);
  if (lines.length < 2) return;
  event.preventDefault();
  document.execCommand("insertText", false, lines.join(", "));
}

// The page follows the box

function follow(box) {
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// Keys that came before the scripts are in the box, but the list has not followed them.
function catchUp() {
  const box = theBox();
  if (box && box.value !== box.defaultValue) follow(box);
}

function onPageInPlace({ detail: { ctx } }) {
  const box = theBox();
  if (ctx.select !== "#main" || ctx.response?.status !== 200) return;
  const words = ["h1", "#return-count"].map((part) => document.querySelector(`#main ${part}`)?.textContent);
  announce(words.filter(Boolean).join(", "));
  // What was typed since Enter belongs to the new page.
  if (box.value !== entered.text) follow(box);
}

// What Enter asked for may take the list's place: until the answer says that it does not, the list
// waits. Otherwise it would be one more step for Back, and hide that the page could not be opened.
function letTheListWait(event) {
  const { sourceEvent } = event.detail.ctx;
  if (sourceEvent?.type !== "input" || !isBox(sourceEvent.target)) return;
  if (theBox().value !== entered.text) entered.isOpening = false;
  if (!entered.isOpening) return;
  entered.isListWaiting = true;
  event.preventDefault();
}

function letTheListFollow({ detail: { ctx } }) {
  const status = ctx.response?.status ?? Infinity;
  if (ctx.select !== "#main" || status >= 400) return;
  entered.isOpening = false;
  if (status === 204 && entered.isListWaiting) follow(theBox());
}

function onNewAddress(event) {
  const { history: next, response } = event.detail;
  const isHere = next.path === location.pathname + location.search;
  // Neither a page that failed nor the same page again is a step to go back from.
  if (isHere || response.status >= 400) event.preventDefault();
}

let wasInBox = false;
function beforeGoingBack() {
  wasInBox = document.activeElement?.id === "id_q";
}

function afterGoingBack({ detail: { ctx } }) {
  if (!ctx.request.headers["HX-History-Restore-Request"]) return;
  // Enter's answer does not come any more.
  entered.isOpening = false;
  if (!wasInBox) return;
  wasInBox = false;
  theBox()?.focus();
  theBox()?.select();
}

document.addEventListener("keydown", (event) => isBox(event.target) && onKeyInBox(event));
document.addEventListener("paste", (event) => isBox(event.target) && onPaste(event));
document.addEventListener("htmx:finally:swap", onPageInPlace);
document.addEventListener("htmx:finally:swap", afterGoingBack);
document.addEventListener("htmx:config:request", letTheListWait);
document.addEventListener("htmx:finally:request", letTheListFollow);
document.addEventListener("htmx:before:history:update", onNewAddress);
document.addEventListener("htmx:before:history:restore", beforeGoingBack);
// Whichever comes first, this file or htmx.
document.addEventListener("htmx:after:process", (event) => event.target === document.body && catchUp());
catchUp();
