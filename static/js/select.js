// Returns that a person has selected, and what to do with them all.
import { announce } from "./announce.js";
import { rows } from "./rows.js";

// As many numbers as the one box takes at once.
const MOST = 200;

const selected = new Map(); // return reference and tracking ID, by the value of the checkbox
let search = null;
let last = null;

const bar = () => document.getElementById("selection");
const results = () => document.getElementById("return-results");
const boxes = () => rows().map((row) => row.querySelector("[name=select]"));
const part = (name) => bar().querySelector(`[data-${name}]`);

function remember(box) {
  const reference = box.closest("tr").dataset.return;
  if (box.checked) selected.set(box.value, { reference, tracking: box.dataset.tracking });
  else selected.delete(box.value);
}

function show() {
  const all = boxes();
  for (const box of all) {
    box.checked = selected.has(box.value);
    box.closest("tr").classList.toggle("selected", box.checked);
  }
  const page = document.getElementById("select-page");
  const here = all.filter((box) => box.checked).length;
  if (page) {
    page.checked = here > 0 && here === all.length;
    page.indeterminate = here > 0 && here < all.length;
  }
  showBar(here);
}

function showBar(here) {
  const found = [...selected.values()];
  const references = found.map(({ reference }) => reference);
  const tracking = found.map(({ tracking }) => tracking).filter(Boolean);
  bar().hidden = !found.length;
  part("count").textContent = `${found.length} selected${here < found.length ? `, ${here} on this page` : ""}`;
  part("references").dataset.copy = references.join("\n");
  part("trackings").dataset.copy = tracking.join("\n");
  part("trackings").disabled = !tracking.length;
  part("only").href = `${part("only").pathname}?${new URLSearchParams({ q: references.join(", ") })}`;
  part("only").hidden = found.length > MOST;
  const ids = [...selected.keys()].map((id) => ["id", id]);
  if (part("tag")) part("tag").href = `${part("tag").pathname}?${new URLSearchParams(ids)}`;
}

function say() {
  announce(selected.size ? `${selected.size} selected` : "Nothing selected");
}

function clear() {
  selected.clear();
  last = null;
  show();
}

function choose(box, range) {
  const all = boxes();
  const from = range ? all.findIndex((other) => other.value === last) : -1;
  const [first, end] = [from < 0 ? all.indexOf(box) : from, all.indexOf(box)].sort((a, b) => a - b);
  for (const other of all.slice(first, end + 1)) {
    other.checked = box.checked;
    remember(other);
  }
  last = box.value;
}

function onClick(event) {
  const { target } = event;
  if (target.closest("[data-clear]")) {
    const row = rows().find((one) => one.classList.contains("selected")) ?? rows()[0];
    clear();
    row?.querySelector("[name=select]").focus();
  } else if (target.id === "select-page") {
    for (const box of boxes()) {
      box.checked = target.checked;
      remember(box);
    }
  } else if (target.matches("#return-results [name=select]")) {
    choose(target, event.shiftKey);
  } else {
    return;
  }
  show();
  say();
}

// Other filters, sorts and pages keep the selection; another search is another piece of work.
function onSwap() {
  if (!bar()) return;
  const searched = search !== results().dataset.q;
  search = results().dataset.q;
  if (searched && selected.size) {
    clear();
    announce("Selection cleared");
  }
  show();
}

// The browser gives back what was checked before Back or a reload.
function comeBack() {
  if (!bar()) return;
  search = results().dataset.q;
  for (const box of boxes()) remember(box);
  show();
}

document.addEventListener("click", onClick);
document.addEventListener("htmx:after:swap", onSwap);
addEventListener("pageshow", comeBack);
