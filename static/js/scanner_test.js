// The field on the page of preferences that tells what a scanner sends: the characters, their pace, the end, whether
// the desk takes it for a scan, and what is unusual. The sentences are on the page.
import { find, findAll, need } from "./dom.js";
import { isScan, SCAN_PAUSE_MS, SHORTEST_SCAN } from "./scanner.js";

const DONE_MS = 1_000;

/** @typedef {{ key: string, expected: string, at: number, isControl: boolean }} Press */

/** @type {Press[]} */
let presses = [];
let timer = 0;

const field = () => find("#scanner-text", HTMLInputElement);

// A scanner presses the keys of a keyboard, usually those of a US English one. The computer turns them into
// characters by the keyboard that it is set to.
/** @type {Record<string, string>} */
const US_KEYS = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"",
  Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  ",
};
const SHIFTED_DIGITS = ")!@#$%^&*(";
const USUAL = /[A-Za-z0-9 \-./_+:()[\]#$%]/;
const KIND_OF_BARCODE = /^\][A-Za-z][0-9A-Za-z]/;

/**
 * Return the character of a key on a US English keyboard; the same character if the key is not known.
 * @param {KeyboardEvent} event
 */
function onUsKeyboard({ key, code, shiftKey }) {
  const [, kind, name] = /^(Key|Digit)(.)$/.exec(code) ?? [];
  if (kind === "Key") return key.toUpperCase() === key ? name : name.toLowerCase();
  if (kind === "Digit") return shiftKey ? SHIFTED_DIGITS[Number(name)] : name;
  return US_KEYS[code]?.[shiftKey ? 1 : 0] ?? key;
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.target !== field()) return;
  const { key, timeStamp: at } = event;
  const isRecent = presses.length > 0 && at - presses[presses.length - 1].at < DONE_MS;
  if (key === "Enter" || (key === "Tab" && isRecent)) {
    event.preventDefault();
    if (isRecent) tell(key.toLowerCase(), at);
  }
  if (key.length > 1) return;
  if (event.ctrlKey && !isRecent) return;
  if (event.ctrlKey) event.preventDefault();
  presses.push({ key, expected: onUsKeyboard(event), at, isControl: event.ctrlKey });
  wait();
}

/** Without Enter or Tab, it ends when nothing more comes. */
function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => tell("none"), DONE_MS);
}

/**
 * @param {string} end
 * @param {number} [endedAt]
 */
function tell(end, endedAt) {
  clearTimeout(timer);
  const sent = presses;
  presses = [];
  const input = field();
  if (!input) return;
  const findings = sent.length ? describe(sent, end, endedAt) : { inserted: [] };
  for (const sentence of findAll("#scanner-findings [data-finding]", HTMLElement)) {
    const values = findings[sentence.dataset.finding ?? ""];
    sentence.hidden = !values;
    for (const [place, slot] of [...sentence.querySelectorAll("[data-value]")].entries()) slot.textContent = values?.[place] ?? "";
  }
  need("#scanner-findings", HTMLElement).hidden = false;
  // The next scan replaces this one.
  input.select();
}

/**
 * Return the names of the sentences that are true, with their values.
 * @param {Press[]} sent
 * @param {string} end
 * @param {number} [endedAt]
 * @returns {Record<string, string[]>}
 */
function describe(sent, end, endedAt) {
  const characters = sent.filter(({ isControl }) => !isControl);
  const text = characters.map(({ key }) => key).join("");
  const moments = [...sent.map(({ at }) => at), ...(endedAt === undefined ? [] : [endedAt])];
  const pauses = moments.slice(1).map((at, place) => at - moments[place]);
  const longest = Math.max(0, ...pauses);
  const average = pauses.reduce((sum, pause) => sum + pause, 0) / (pauses.length || 1);
  const unusual = describeUnusual(characters, text, sent.length > characters.length);
  return {
    characters: [String(text.length), text],
    pace: [String(Math.round(average)), String(Math.round(longest))],
    [`end-${end}`]: [],
    [recognised(text, longest, end !== "none")]: [],
    ...unusual,
    ...(Object.keys(unusual).length ? {} : { usual: [] }),
  };
}

/**
 * Return the name of the sentence that says whether this is a scan, or why it is not.
 * @param {string} text
 * @param {number} longest
 * @param {boolean} isEnded
 */
function recognised(text, longest, isEnded) {
  if (longest > SCAN_PAUSE_MS) return "slow";
  if (isScan(text, isEnded)) return "scan";
  return text.length < SHORTEST_SCAN ? "short" : "no-digit";
}

/**
 * @param {Press[]} characters
 * @param {string} text
 * @param {boolean} hasControls
 */
function describeUnusual(characters, text, hasControls) {
  /** @type {Record<string, string[]>} */
  const findings = {};
  const [prefix] = KIND_OF_BARCODE.exec(text) ?? [];
  if (prefix) findings.prefix = [prefix];
  if (hasControls) findings.controls = [];
  const rest = text.slice(prefix?.length ?? 0);
  if (/\p{Ll}/u.test(rest) && !/\p{Lu}/u.test(rest)) findings["lower-case"] = [];
  const others = characters.filter(({ key, expected }) => key !== expected);
  const wrong = others.filter(({ key, expected }) => !USUAL.test(key) && USUAL.test(expected));
  if (wrong.length) findings.layout = [pairs(wrong)];
  else if (others.length) findings["other-layout"] = [pairs(others)];
  return findings;
}

/** @param {Press[]} exchanged */
const pairs = (exchanged) => [...new Set(exchanged.map(({ key, expected }) => `${expected} → ${key}`))].join(", ");

document.addEventListener("keydown", onKey);
document.addEventListener("input", ({ target }) => {
  if (target === field() && !presses.length) wait();
});
