// How a hand scanner is told from a person: by the shape of what it types. A scanner sends at least 6 characters,
// digits among them, without a pause. Slow ones, by Bluetooth, take up to 120 ms from key to key. A person may type
// as fast, so fields only use this where a scan and typing lead to the same.
import { hasModifier } from "./typing.js";

/** The longest time from one key of a scan to the next. */
export const SCAN_PAUSE_MS = 150;
export const SHORTEST_SCAN = 6;
// With Enter or Tab right behind it, also a shorter number is a scan.
const SHORTEST_ENDED_SCAN = 4;

const ENDS = ["Enter", "Tab"];

/**
 * Tell whether characters without a pause between them are a scan.
 * @param {string} text
 * @param {boolean} [isEnded] Whether Enter or Tab followed at once.
 */
export function isScan(text, isEnded = false) {
  return text.length >= (isEnded ? SHORTEST_ENDED_SCAN : SHORTEST_SCAN) && /\d/.test(text);
}

// In the search box Tab belongs to a person too, so the pace must tell as well. No hand is as fast as this on
// average, and no hand keeps the longest pause within one and a half times the shortest. What stays ambiguous:
// - Somebody who types 6 characters and Tab as evenly as a machine. The number is entered, as with Enter, and
//   nothing is lost; they press Tab once more.
// - A slow scanner that stumbles and ends with Tab. The focus moves on, but its number stays in the box and in the
//   list, and the next scan is recognised wherever the focus is.
const FASTER_THAN_HANDS_MS = 40;
const MOST_UNEVEN = 1.5;

/** The characters without a pause before this moment, in any field, and when each was pressed. */
let run = { text: "", moments: [-Infinity], isEnded: false, isRecognised: false };

const lastMoment = () => run.moments[run.moments.length - 1];

/** @param {KeyboardEvent} event */
function follow(event) {
  const { key, timeStamp, repeat } = event;
  // A scanner holds no key.
  if (ENDS.includes(key) || repeat) run.isEnded = true;
  if (key.length > 1 || hasModifier(event)) return;
  const continues = !run.isEnded && timeStamp - lastMoment() <= SCAN_PAUSE_MS;
  const before = continues ? run : { text: "", moments: [], isRecognised: false };
  const { isRecognised } = before;
  run = { text: before.text + key, moments: [...before.moments, timeStamp], isEnded: repeat, isRecognised };
}

/**
 * Note that these characters began outside of fields and are a scan: nobody types there, so its end needs no pace.
 */
export function recognise() {
  run.isRecognised = true;
}

/**
 * Tell whether a key follows the characters of a scan at once.
 * @param {KeyboardEvent} event
 */
export function followsScan({ timeStamp }) {
  return isScan(run.text) && timeStamp - lastMoment() <= SCAN_PAUSE_MS;
}

/**
 * Tell whether a key in a field belongs to a scan that is all of the field's text, and not to a fast hand.
 * @param {KeyboardEvent} event
 * @param {string} text
 */
export function belongsToScan(event, text) {
  if (text.trim() !== run.text.trim() || !followsScan(event)) return false;
  return run.isRecognised || hasPaceOfScanner([...run.moments, event.timeStamp]);
}

/** @param {number[]} moments */
function hasPaceOfScanner(moments) {
  const pauses = moments.slice(1).map((moment, place) => moment - moments[place]);
  const average = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
  return average <= FASTER_THAN_HANDS_MS || Math.max(...pauses) <= MOST_UNEVEN * Math.min(...pauses);
}

// Before any other script.
document.addEventListener("keydown", follow, true);
