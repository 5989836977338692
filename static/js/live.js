// What an open list or queue is told by itself: what came, and that server and feed are alive.
// It moves nothing: the rows change when a person asks for it.
import { announce } from "./announce.js";
import { rows } from "./rows.js";
import { relative } from "./times.js";

const EVERY_MS = 4_000;
const SILENT_MS = 15_000;
const SOUND = "desk-sound";

const part = (id) => document.getElementById(id);
const poller = () => part("live-poll");
const told = () => poller()?.dataset ?? {};
const isPoll = (ctx) => ctx?.sourceElement?.id === "live-poll";
const sinceOf = (address) => new URL(address, location).searchParams.get("since");

let answeredAt = Date.now();
let watchedAt = Date.now(); // since when the page is seen: a hidden one does not ask
let underWay = null;
let isSignedOut = false;
let shownSince = told().since;
let shownWords = "";
let shownTotal = 0;
let mark = "";
let warned = "";
let before = null; // the rows before those that are new
let audio = null;

function ask() {
  const element = poller();
  if (document.hidden || !element?.hasAttribute("hx-get") || underWay === element) return;
  element.dispatchEvent(new Event("desk:poll"));
}

function ago(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : relative(0, ms).replace(" ago", "");
}

function age() {
  const words = relative(Date.parse(told().newest), Date.now());
  return words.endsWith(" ago") ? words.replace(" ago", "") : "under a minute";
}

// Which sentence is true now.
function saying(now) {
  if (isSignedOut) return "signed-out";
  if (poller().hasAttribute("hx-get") && now - Math.max(answeredAt, watchedAt) > SILENT_MS) return "server";
  const { newest, silentAfter } = told();
  return newest && now - Date.parse(newest) > silentAfter * 1000 ? "feed" : "fresh";
}

function write(element, words) {
  if (element && element.textContent !== words) element.textContent = words;
}

function tick() {
  const line = part("live-line");
  if (!line || document.hidden) return;
  const now = Date.now();
  const says = saying(now);
  for (const sentence of line.children) sentence.hidden = sentence.dataset.says !== says;
  const updated = line.querySelector("[data-updated]");
  updated.hidden = !poller().hasAttribute("hx-get");
  write(updated, `Updated ${ago(now - answeredAt)} ago · `);
  write(line.querySelector("[data-silence]"), ago(now - answeredAt));
  if (told().newest) for (const element of line.querySelectorAll("[data-age]")) write(element, age());
  warn(says === "fresh" ? "" : says, line);
}

// Said once, when it begins.
function warn(says, line) {
  if (says && says !== warned) announce(line.querySelector(`[data-says=${says}]`).textContent.trim());
  warned = says;
}

function markTitle() {
  const now = told().mark ? `(${told().mark}) ` : "";
  const title = mark && document.title.startsWith(mark) ? document.title.slice(mark.length) : document.title;
  if (document.title !== now + title) document.title = now + title;
  mark = now;
}

function sayNews() {
  const { words = "", total = 0 } = told();
  if (words && words !== shownWords) announce(words);
  if (Number(total) > shownTotal) beep();
  shownWords = words;
  shownTotal = Number(total);
}

function beep() {
  if (localStorage.getItem(SOUND) !== "on") return;
  audio ??= new AudioContext();
  audio.resume();
  const [tone, volume] = [audio.createOscillator(), audio.createGain()];
  const end = audio.currentTime + 0.25;
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.15, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, end);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(end);
}

function showSound() {
  const button = part("live-sound");
  if (!button) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", localStorage.getItem(SOUND) === "on");
}

function switchSound() {
  localStorage.setItem(SOUND, localStorage.getItem(SOUND) === "on" ? "off" : "on");
  showSound();
  beep();
}

// After Show: which rows are new, and the focus, which stood on what is gone.
function showNewRows() {
  const brought = rows().filter((row) => !before.has(row.id));
  before = null;
  for (const row of brought) row.classList.add("is-new");
  if (document.activeElement !== document.body) return;
  const row = brought[0] ?? rows()[0];
  row?.querySelector("a.reference").focus({ preventScroll: true });
}

function afterSwap() {
  if (told().since !== shownSince) {
    // Another list, or the same read anew.
    shownSince = told().since;
    answeredAt = Date.now();
    isSignedOut = false;
    shownWords = "";
    shownTotal = 0;
    if (before && poller()) showNewRows();
  }
  showSound();
  sayNews();
  tick();
  // After htmx has written the title of the answer.
  setTimeout(markTitle);
}

function beforeSwap(event) {
  const { ctx } = event.detail;
  // An answer for rows that are not there any more.
  if (isPoll(ctx) && sinceOf(ctx.request.action) !== told().since) return event.preventDefault();
  if (ctx.sourceElement?.id === "show-news") before = new Set(rows().map((row) => row.id));
}

function afterRequest({ detail: { ctx } }) {
  if (!isPoll(ctx)) return;
  isSignedOut = ctx.response.status === 401;
  if (ctx.response.status === 200 || ctx.response.status === 304) answeredAt = Date.now();
  tick();
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (isPoll(ctx)) underWay = ctx.sourceElement;
});
document.addEventListener("htmx:after:request", afterRequest);
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (isPoll(ctx)) underWay = null;
});
document.addEventListener("htmx:before:swap", beforeSwap);
document.addEventListener("htmx:after:swap", afterSwap);
document.addEventListener("click", ({ target }) => {
  if (target.closest("#live-sound")) switchSound();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  watchedAt = Date.now();
  tick();
  ask();
});
setInterval(ask, EVERY_MS);
setInterval(tick, 1_000);
showSound();
tick();
