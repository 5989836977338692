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
// A chart is one stop of the Tab key; the arrow keys go from point to point.

/** @param {Element} chart */
const pointsOf = (chart) => [...chart.querySelectorAll("a, [tabindex]")].filter((each) => each instanceof SVGElement);

/**
 * @param {SVGElement[]} points
 * @param {SVGElement} current
 */
function makeStop(points, current) {
  for (const point of points) point.setAttribute("tabindex", point === current ? "0" : "-1");
}

function makeStops() {
  for (const chart of document.querySelectorAll(".chart svg")) {
    const points = pointsOf(chart);
    if (points.length) makeStop(points, points[0]);
  }
}

document.addEventListener("keydown", (event) => {
  const chart = event.target instanceof Element ? event.target.closest(".chart svg") : null;
  if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
  const points = pointsOf(chart);
  const here = points.findIndex((point) => point === event.target);
  const steps = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: points.length - 1 };
  const next = points[steps[/** @type {keyof steps} */ (event.key)] ?? -1];
  if (here < 0 || !(event.key in steps)) return;
  event.preventDefault();
  if (!next) return;
  makeStop(points, next);
  next.focus();
});
makeStops();

// Back may show the page as it was left.
addEventListener("pageshow", hide);
