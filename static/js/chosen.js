// What is made of the list's filters is made of those that are chosen by now, though the list may not
// have followed yet.
const MADE_OF_THEM = "#export-list, #tag-everything, #make-a-rule, #make-a-deadline, #print-queue a";

function withChosen(query) {
  const form = document.getElementById("return-filters");
  const said = new URLSearchParams(query);
  for (const { name } of form.elements) said.delete(name);
  for (const [name, value] of new FormData(form)) if (value) said.append(name, value);
  return said;
}

document.addEventListener("click", ({ target }) => {
  const link = target.closest(MADE_OF_THEM);
  if (link) link.search = withChosen(link.search);
});
document.addEventListener("formdata", ({ target, formData }) => {
  if (target.closest("#save-view")) formData.set("query", withChosen(formData.get("query")));
});
