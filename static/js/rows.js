// The rows of the list: which one is current, and that it stays so while the list changes.
const CURRENT = "is-current";

export const rows = () => [...document.querySelectorAll("#return-results tr[data-return]")];
const linkOf = (row) => row.querySelector("a.reference");
const rowOf = (element) => element?.closest?.("#return-results tr[data-return]");

let currentId = null;
let hadFocus = false;

// By address, so that Back finds the row again.
const memory = () => `desk-row:${location.pathname}${location.search}`;

export function current() {
  return rowOf(document.activeElement) ?? (currentId && document.getElementById(currentId));
}

function mark(row) {
  for (const marked of document.querySelectorAll(`tr.${CURRENT}`)) marked.classList.remove(CURRENT);
  currentId = row?.id ?? null;
  row?.classList.add(CURRENT);
  if (row) sessionStorage.setItem(memory(), row.id);
}

export function focusRow(row) {
  mark(row);
  linkOf(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

// One row down or up; none beyond the ends. The first when there is no current one.
export function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.indexOf(current());
  focusRow(all[here < 0 ? 0 : Math.min(Math.max(here + step, 0), all.length - 1)]);
}

// Leave a field for the list; false where there is none.
export function enterList() {
  const row = current() ?? rows()[0];
  if (row) focusRow(row);
  return Boolean(row);
}

function beforeSwap() {
  hadFocus = Boolean(rowOf(document.activeElement));
}

// The same return if it is still there; otherwise the first row, with the focus if it was lost.
function afterSwap() {
  if (!currentId) return;
  const same = document.getElementById(currentId);
  if (same) return mark(same);
  const row = document.getElementById(sessionStorage.getItem(memory())) ?? rows()[0];
  mark(row);
  if (row && hadFocus && !focusIsSomewhere()) linkOf(row).focus({ preventScroll: true });
}

function focusIsSomewhere() {
  return document.activeElement && document.activeElement !== document.body;
}

// The list that is read again is the one that is there by then: columns may be chosen while another
// list is on its way.
function readAgain({ detail: { ctx } }) {
  if (ctx.sourceElement.id === "list-again") ctx.request.action = ctx.sourceElement.getAttribute("hx-get");
}

function comeBack() {
  const [visit] = performance.getEntriesByType("navigation");
  const row = visit?.type !== "navigate" && document.getElementById(sessionStorage.getItem(memory()));
  if (!row) return;
  mark(row);
  if (!focusIsSomewhere()) focusRow(row);
}

document.addEventListener("focusin", ({ target }) => rowOf(target) && mark(rowOf(target)));
document.addEventListener("htmx:before:request", readAgain);
document.addEventListener("htmx:before:swap", beforeSwap);
document.addEventListener("htmx:after:swap", afterSwap);
comeBack();
