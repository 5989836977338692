// Says that a report is being counted, once that takes longer than a blink. Without this the browser
// says alone that it waits.
const BLINK_MS = 200;
let timer;

const said = () => document.getElementById("counting");

function hush() {
  clearTimeout(timer);
  if (said()) said().textContent = "";
}

function tell() {
  hush();
  timer = setTimeout(() => { said().textContent = said().dataset.words; }, BLINK_MS);
}

document.addEventListener("click", (event) => {
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button;
  if (!elsewhere && event.target.closest?.("[data-counts] a, a[data-counts]")) tell();
});
document.addEventListener("submit", (event) => {
  if (event.target.closest("[data-counts]")) tell();
});
// An address says nothing of what was left blank.
document.addEventListener("formdata", ({ target, formData }) => {
  if (!target.closest("[data-counts]")) return;
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
// Back shows the page as it was left.
addEventListener("pageshow", hush);
