// A submitted form is not submitted again unchanged while it is pending. The second request would fail
// because the first one has done everything, and its error would hide the first answer.
const SAME_PRESS_MS = 10_000; // Then the form may be sent again: we cannot know when a person stops waiting.

/** @type {WeakMap<HTMLFormElement, { content: string, at: number }>} */
let sent = new WeakMap();

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const { target: form, submitter, timeStamp } = event;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") return;
  const fields = [...new FormData(form, submitter)];
  const content = JSON.stringify(fields.map(([name, value]) => [name, value instanceof File ? value.name : value]));
  const last = sent.get(form);
  if (last?.content === content && timeStamp - last.at < SAME_PRESS_MS) event.preventDefault();
  else sent.set(form, { content, at: timeStamp });
}

document.addEventListener("submit", onSubmit);
// Back may show the page as it was left, with the form already sent.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) sent = new WeakMap();
});
