// The menu of tags: one way for each tag, numbers while it is open. Chips of chosen filters are
// taken off in place.
import { hasModifier } from "./typing.js";

const picker = () => document.getElementById("tag-picker");

// A return cannot carry a tag and not carry it: the other ways of this tag are off.
function oneWay(box) {
  if (!box.checked) return;
  for (const other of box.closest(".ways").querySelectorAll("input")) other.checked = other === box;
}

const fieldOf = ({ off, value }) =>
  [...document.getElementById("return-filters").elements].find(
    (field) => field.name === off && field.value.trim() === value && (field.type !== "checkbox" || field.checked),
  );

function takeOff(event) {
  const link = event.target.closest("[data-off]");
  const field = link && fieldOf(link.dataset);
  // Pressed twice, before the list has followed: where the link leads, filters taken off since are back.
  if (link?.ariaDisabled) event.preventDefault();
  // Without a field the link itself leads to the list without this filter.
  if (!field || event.shiftKey || hasModifier(event)) return;
  event.preventDefault();
  link.ariaDisabled = "true";
  const links = [...document.querySelectorAll("[data-off]")];
  const next = links[links.indexOf(link) + 1] ?? links[links.indexOf(link) - 1];
  (next ?? picker().querySelector("summary")).focus();
  if (field.type === "checkbox") field.checked = false;
  else field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function count() {
  if (picker()?.open) document.getElementById("facets-note").dispatchEvent(new Event("desk:count"));
}

// "toggle" does not bubble.
document.addEventListener("toggle", ({ target }) => target === picker() && count(), true);
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => ctx.target?.id === "return-results" && count());
document.addEventListener("input", ({ target }) => target.closest(".ways") && oneWay(target));
document.addEventListener("click", takeOff);
