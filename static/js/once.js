// A form that is on its way is not sent again as it is, however often its button is pressed. The
// second one would find done what the first one did, and its complaint hide the answer to the first.
const UNDER_WAY_MS = 10_000; // Nobody tells us when a person stops waiting.

let sent = new WeakMap(); // by form: what was said, and when

function onSubmit(event) {
  const { target: form, submitter, timeStamp } = event;
  if (event.defaultPrevented || form.method !== "post") return;
  const fields = [...new FormData(form, submitter)];
  const said = JSON.stringify(fields.map(([name, value]) => [name, value.name ?? value]));
  const last = sent.get(form);
  if (last?.said === said && timeStamp - last.at < UNDER_WAY_MS) event.preventDefault();
  else sent.set(form, { said, at: timeStamp });
}

document.addEventListener("submit", onSubmit);
// Back shows the page as it was left.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) sent = new WeakMap();
});
