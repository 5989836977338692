// Links and forms that use the list's filters (export, tag everything, make a rule ...) use those in the form
// now, even if the list has not been updated yet.
import { closest } from "../dom.js";

const USE_FILTERS = "#export-list, #tag-everything, #make-a-rule, #make-a-deadline, #print-queue a";

/**
 * Return the query string with the current filters of the form.
 * @param {string} query
 */
function withCurrentFilters(query) {
  const form = document.getElementById("return-filters");
  const params = new URLSearchParams(query);
  if (!(form instanceof HTMLFormElement)) return params.toString();
  for (const field of form.elements) params.delete(field.getAttribute("name") ?? "");
  for (const [name, value] of new FormData(form)) if (value) params.append(name, value.toString());
  return params.toString();
}

document.addEventListener("click", ({ target }) => {
  const link = closest(target, USE_FILTERS, HTMLAnchorElement);
  if (link) link.search = withCurrentFilters(link.search);
});
document.addEventListener("formdata", ({ target, formData }) => {
  if (!closest(target, "#save-view", Element)) return;
  formData.set("query", withCurrentFilters(formData.get("query")?.toString() ?? ""));
});
