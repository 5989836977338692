// Keeps the keys that are pressed while a page loads: its heading is read, and acted on, before the scripts are there.
// This one runs first. keys.js takes the keys, in their order, and acts on them.
"use strict";
{
  /** @type {KeyboardEvent[]} */
  const early = [];
  /** @param {KeyboardEvent} event */
  const keep = (event) => early.push(event);
  document.addEventListener("keydown", keep, true);
  Reflect.set(globalThis, "takeEarlyKeys", () => {
    document.removeEventListener("keydown", keep, true);
    return early;
  });
}
