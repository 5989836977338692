// The tabs of saved views: which one is current, and how many returns each holds.
import { find, findAll } from "../dom.js";

const EVERY_MS = 30_000;

const tabs = () => find("#saved-views", HTMLElement);

/**
 * Return what an address filters by, equal for all addresses with the same meaning.
 * @param {string} search
 */
function filtersOf(search) {
  const params = new URLSearchParams(search);
  for (const cursor of ["after", "before"]) params.delete(cursor);
  if (params.get("sort") === "-created" && !params.has("q")) params.delete("sort");
  return [...params].filter(([, value]) => value !== "").map(String).sort().join("\n");
}

/** @param {HTMLElement} strip */
function markCurrent(strip) {
  const current = filtersOf(location.search);
  for (const tab of findAll("a:not(.manage)", HTMLAnchorElement, strip)) {
    if (filtersOf(tab.search) === current) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
}

function scrollToCurrent() {
  tabs()?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function requestCounts() {
  if (!document.hidden) tabs()?.dispatchEvent(new Event("desk:count"));
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  // After htmx has written the address.
  setTimeout(() => {
    const strip = tabs();
    if (strip) markCurrent(strip);
  });
  const isTagging = ctx.target instanceof Element && ctx.target.matches(".tagging");
  if (isTagging && ctx.request.method === "POST") requestCounts();
});
setInterval(requestCounts, EVERY_MS);
document.addEventListener("visibilitychange", requestCounts);
scrollToCurrent();
