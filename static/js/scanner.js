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

/** The characters without a pause before this moment, in any field. */
let run = { text: "", at: -Infinity, isEnded: false };

/** @param {KeyboardEvent} event */
function follow(event) {
  const { key, timeStamp } = event;
  if (ENDS.includes(key)) run.isEnded = true;
  if (key.length > 1 || hasModifier(event)) return;
  const continues = !run.isEnded && timeStamp - run.at <= SCAN_PAUSE_MS;
  run = { text: (continues ? run.text : "") + key, at: timeStamp, isEnded: false };
}

/**
 * Tell whether a key follows the characters of a scan at once.
 * @param {KeyboardEvent} event
 */
export function followsScan({ timeStamp }) {
  return isScan(run.text) && timeStamp - run.at <= SCAN_PAUSE_MS;
}

// Before any other script.
document.addEventListener("keydown", follow, true);
