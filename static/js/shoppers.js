// Numbers of shoppers in the search box: e-mail addresses and phone numbers. They must not stay in an address,
// where logs and the history of the browser keep them. So such a text is sent on Enter alone, in the body of a request.
import { find, matches } from "./dom.js";

const SEPARATORS = /[,;|\t\n\r\v\f\u2028\u2029]+/;
// What people type between the digits of a phone number; as on the server.
const PHONE = /^[\p{Nd}\s()+./‐‑–-]+$/u;
// Those of the shortest and the longest phone number. Which of them are phone numbers, the server knows.
const MIN_DIGITS = 7;
const MAX_DIGITS = 15;
// Of a phone number without anything in front. Shorter ones are numbers of parcels and orders.
const MIN_PLAIN_DIGITS = 10;

/**
 * Tell whether a text may be, or is about to become, an e-mail address or a phone number.
 * @param {string} text
 */
export function mayBeOfShopper(text) {
  const plain = text.normalize("NFKC").trim();
  if (plain.includes("@")) return true;
  const parts = plain.split(SEPARATORS).map((part) => part.trim()).filter(Boolean);
  return parts.some((part) => mayBePhone(part.replace(/^tel:/i, ""), parts.length > 1));
}

/**
 * @param {string} text
 * @param {boolean} isListed In a list of numbers, those with a plus in front alone are taken for phone numbers.
 */
function mayBePhone(text, isListed) {
  const digits = (text.match(/\p{Nd}/gu) ?? []).join("");
  if (!PHONE.test(text) || (isListed && !text.startsWith("+"))) return false;
  // Digits of other scripts are not compared with those of the country's phone numbers.
  const isMarked = /^[+(0]/.test(text) || /\D/.test(digits);
  if (digits.length < MIN_DIGITS || digits.length > MAX_DIGITS) return false;
  return isMarked || mayBecomePhone(digits);
}

/**
 * Tell whether digits with nothing in front are a phone number of the desk's country, or the beginning of one.
 * @param {string} digits
 */
function mayBecomePhone(digits) {
  const ofCountry = new RegExp(find("#box", HTMLElement)?.dataset.phone ?? "");
  for (let length = Math.max(digits.length, MIN_PLAIN_DIGITS); length <= MAX_DIGITS; length++) {
    if (ofCountry.test(digits.padEnd(length, "0"))) return true;
  }
  return false;
}

/** @type {WeakMap<HtmxContext, string>} */
const texts = new WeakMap();

/**
 * Before the address is made: Enter posts the text, and the other requests of the list go without it.
 * @param {HtmxEvent} event
 */
function keepOutOfAddress(event) {
  const { ctx } = event.detail;
  const { request } = ctx;
  const address = find("#box", HTMLElement)?.dataset.findShopper;
  const text = request.body instanceof FormData && request.method === "GET" ? String(request.body.get("q") ?? "") : "";
  if (!address || !mayBeOfShopper(text)) return;
  if (ctx.select === "#main") {
    texts.set(ctx, text);
    ctx.isReading = true;
    Object.assign(request, { action: address, method: "POST", body: new FormData() });
  } else if (matches(ctx.sourceEvent?.target ?? null, "#id_q")) {
    event.preventDefault();
  } else {
    /** @type {FormData} */ (request.body).delete("q");
  }
}

/** @param {HtmxEvent} event */
function addText({ detail: { ctx } }) {
  const text = texts.get(ctx);
  if (text !== undefined) ctx.request.body = new URLSearchParams({ text });
}

/**
 * Say while a person types why the list does not follow.
 */
function hint() {
  const box = find("#id_q", HTMLInputElement);
  const note = find("#box-note", HTMLElement);
  if (box && note) note.hidden = document.activeElement !== box || !mayBeOfShopper(box.value);
}

document.addEventListener("htmx:config:request", keepOutOfAddress);
document.addEventListener("htmx:before:request", addText);
document.addEventListener("input", hint);
document.addEventListener("focusin", hint);
document.addEventListener("focusout", () => setTimeout(hint));
