// The page for scanning. Scans are sent one after the other, in their order; until the server has answered, they are
// kept in the browser, so that neither a slow network nor a reload loses one. The server stores each of them once.
import { announce } from "./announce.js";
import { isPending, isStale, outdate } from "./answers.js";
import { closest, find, findAll, need, whenReady } from "./dom.js";
import { followsScan } from "./scanner.js";
import { play } from "./tone.js";
import { gettext } from "./words.js";

const AGAIN_MS = 5_000;
const UPDATE_MS = 20_000;
const SOUND = "desk-scan-sound";
/** In hertz. What can be put aside is one high note; what comes first rises; what needs a look is low. @type {Record<string, number[]>} */
const TONES = { open: [880], urgent: [660, 880, 1100], other: [330, 220] };

/** @typedef {{ token: string, text: string }} Scan */
/** @typedef {"sending" | "failed" | "signed-out" | "refused"} Status */

/** Used while the browser has no storage. @type {Scan[]} */
let memory = [];
/** Why the first scan waits. @type {Status} */
let status = "sending";
/** The scan that is on its way; of a page that was left since, its answer is not awaited. @type {{ token: string, form: HTMLFormElement } | null} */
let sent = null;

const field = () => find("#scan-text", HTMLInputElement);
const sender = () => find("#scan-sender", HTMLFormElement);
const isSending = () => Boolean(sent) && sent?.form === sender();
/** @param {HtmxContext} ctx */
const isFromSender = (ctx) => ctx.sourceElement?.id === "scan-sender";
/** @param {HtmxContext} ctx */
const isForResults = (ctx) => ctx.target?.id === "scan-results";

// What waits

/** Scans of one person are not sent in the name of another. */
const store = () => `desk-scans:${need("#scan-form", HTMLFormElement).dataset.person}`;

/** @returns {Scan[]} */
function waiting() {
  try {
    return JSON.parse(localStorage.getItem(store()) ?? "[]");
  } catch {
    return memory;
  }
}

/** @param {Scan[]} scans */
function keep(scans) {
  memory = scans;
  try {
    localStorage.setItem(store(), JSON.stringify(scans));
  } catch {
    // Full or forbidden: they are kept until the page is left.
  }
}

// Not by randomUUID, which a page without HTTPS does not have.
const newToken = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} text */
function add(text) {
  if (!text.trim()) return;
  keep([...waiting(), { token: newToken(), text }]);
  send();
}

function send() {
  const form = sender();
  if (!form || isSending()) return show();
  const [scan] = waiting();
  if (scan) {
    need("[name=text]", HTMLInputElement, form).value = scan.text;
    need("[name=token]", HTMLInputElement, form).value = scan.token;
    sent = { token: scan.token, form };
    form.dispatchEvent(new Event("desk:send"));
  }
  show();
}

function show() {
  const place = find("#scan-waiting", HTMLElement);
  if (!place) return;
  const scans = waiting();
  // Then the style sheet hides the verdict, which is on an earlier scan.
  if (scans.length) place.dataset.status = status;
  else delete place.dataset.status;
  for (const sentence of findAll("[data-sentence]", HTMLElement, place)) {
    sentence.hidden = !scans.length || sentence.dataset.sentence !== status;
  }
  need("ul", HTMLUListElement, place).replaceChildren(...scans.map(({ text }) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

// What the server answers

/** @param {number} code */
function statusOf(code) {
  if (code === 401) return "signed-out";
  return [400, 403].includes(code) ? "refused" : "failed";
}

/** @param {HtmxEvent} event */
function afterSending({ detail: { ctx } }) {
  if (!isFromSender(ctx) || !isSending()) return;
  const token = sent?.token;
  const code = ctx.response?.status ?? 0;
  const isAnswered = code === 200 || code === 422;
  sent = null;
  status = isAnswered ? "sending" : statusOf(code);
  // What failed is sent again by hand, with the next scan, or after a while.
  if (!isAnswered) return show();
  keep(waiting().filter((scan) => scan.token !== token));
  send();
}

/** That the last scan was refused. The server has not stored it, and so answers others with an earlier one. @type {Node | null} */
let refusal = null;

/** @param {HtmxEvent} event */
function beforeSwap(event) {
  const { ctx } = event.detail;
  if (!isForResults(ctx)) return;
  const isAnswer = [200, 422].includes(ctx.response?.status ?? 0);
  const isOvertaken = ctx.request.method === "GET" && isStale(ctx, "scans");
  if (!isAnswer || isOvertaken) event.preventDefault();
  refusal = isFromSender(ctx) ? null : find("#verdict[data-verdict=refused]", HTMLElement)?.cloneNode(true) ?? null;
}

/** @param {HtmxEvent} event */
function afterSwap({ detail: { ctx } }) {
  if (refusal && isForResults(ctx)) find("#verdict", HTMLElement)?.replaceWith(refusal);
  takeFocus();
  showSound();
  show();
  if (!isForResults(ctx) || ctx.request.method === "GET") return;
  const verdict = find("#verdict", HTMLElement);
  if (!verdict || !isFromSender(ctx)) return;
  if (isSoundOn()) play(...(TONES[verdict.dataset.verdict ?? ""] ?? TONES.other));
  const parts = [".word", ".which", ".errorlist"].map((part) => verdict.querySelector(part)?.textContent ?? "");
  announce(parts.join(" ").replace(/\s+/g, " ").trim());
}

// The focus stays in the field unless a person takes it elsewhere.
function takeFocus() {
  const active = document.activeElement;
  const isNowhere = !active || active === document.body || active.id === "main";
  const isSelecting = !(getSelection()?.isCollapsed ?? true);
  if (isNowhere && !isSelecting && !document.querySelector("dialog:modal")) field()?.focus({ preventScroll: true });
}

function isSoundOn() {
  try {
    return localStorage.getItem(SOUND) !== "off";
  } catch {
    return true; // the browser keeps nothing
  }
}

function showSound() {
  const button = find("#scan-sound", HTMLButtonElement);
  if (!button) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", String(isSoundOn()));
}

function switchSound() {
  try {
    localStorage.setItem(SOUND, isSoundOn() ? "off" : "on");
  } catch {
    return announce(gettext("This browser keeps no settings."));
  }
  showSound();
  if (isSoundOn()) play(...TONES.open);
}

// Unknown numbers may have been recorded since, and the state of a return may have changed.
function update() {
  const element = find("#scan-again", HTMLElement);
  if (!document.hidden && element && !isSending() && !isPending(element)) element.dispatchEvent(new Event("desk:again"));
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const input = field();
  if (!input || event.target !== input.form) return;
  event.preventDefault();
  add(input.value);
  input.value = "";
  input.focus();
}

// However uneven its pace: in this field also what a person types is to be checked, and a scan must not be lost.
/** @param {KeyboardEvent} event */
function onKey(event) {
  const input = field();
  if (event.target !== input || event.key !== "Tab" || !input?.value || !followsScan(event)) return;
  event.preventDefault();
  input.form?.requestSubmit();
}

// Before the script that keeps forms from being sent twice: the same parcel may be scanned twice.
document.addEventListener("submit", onSubmit, true);
document.addEventListener("keydown", onKey);
document.addEventListener("click", ({ target }) => {
  if (closest(target, "#scan-sound", Element)) switchSound();
  if (closest(target, "[data-send-again]", Element)) send();
  if (field()) setTimeout(takeFocus);
});
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (isForResults(ctx) && ctx.request.method === "POST") outdate("scans");
});
document.addEventListener("htmx:before:swap", beforeSwap);
document.addEventListener("htmx:after:swap", afterSwap);
document.addEventListener("htmx:finally:request", afterSending);
addEventListener("focus", () => field() && takeFocus());
addEventListener("online", send);
setInterval(() => { if (status === "failed") send(); }, AGAIN_MS);
setInterval(update, UPDATE_MS);
showSound();
whenReady(send);
