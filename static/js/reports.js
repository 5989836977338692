// Says that a report is being counted once that takes noticeably long. Otherwise only the browser shows that
// the page is loading.
import { closest, find } from "./dom.js";

const NOTICEABLE_MS = 200;
let timer = 0;

const notice = () => find("#counting", HTMLElement);

function hide() {
  clearTimeout(timer);
  const element = notice();
  if (element) element.textContent = "";
}

function showSoon() {
  hide();
  timer = setTimeout(() => {
    const element = notice();
    if (element) element.textContent = element.dataset.text ?? "";
  }, NOTICEABLE_MS);
}

document.addEventListener("click", (event) => {
  const opensElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button;
  if (!opensElsewhere && closest(event.target, "[data-counts] a, a[data-counts]", Element)) showSoon();
});
document.addEventListener("submit", ({ target }) => {
  if (closest(target, "[data-counts]", Element)) showSoon();
});
// Keep fields that were left blank out of the address.
document.addEventListener("formdata", ({ target, formData }) => {
  if (!closest(target, "[data-counts]", Element)) return;
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
// Back may show the page as it was left.
addEventListener("pageshow", hide);
