// The tabs of saved views: which one is current, and how many returns each holds.
const EVERY_MS = 30_000;

const strip = () => document.getElementById("saved-views");

// What an address filters by, the same for all that mean the same.
function filters(search) {
  const said = new URLSearchParams(search);
  for (const page of ["after", "before"]) said.delete(page);
  if (said.get("sort") === "-created" && !said.has("q")) said.delete("sort");
  return [...said].filter(([, value]) => value !== "").map(String).sort().join("\n");
}

function markCurrent() {
  const now = filters(location.search);
  for (const tab of strip().querySelectorAll("a:not(.manage)")) {
    if (filters(tab.search) === now) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
}

function showCurrent() {
  strip()?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function count() {
  if (!document.hidden) strip()?.dispatchEvent(new Event("desk:count"));
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  // After htmx has written the address.
  setTimeout(() => strip() && markCurrent());
  if (ctx.target instanceof Element && ctx.target.matches(".tagging") && ctx.request.method === "POST") count();
});
setInterval(count, EVERY_MS);
document.addEventListener("visibilitychange", count);
showCurrent();
