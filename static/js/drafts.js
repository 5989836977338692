// What a person types into a form with data-draft is kept in the browser until it has been sent, so that it
// outlives a reload, an expired login and a crash of the tab. Signing out removes it.
import { announce } from "./announce.js";
import { closest, find, findAll, matches } from "./dom.js";
import { relative } from "./times.js";
import { gettext, interpolate } from "./words.js";

const PREFIX = "draft:";
const KEPT_MS = 7 * 86_400_000;
const PREVIEW_LENGTH = 60;

// What tells the server which version of an entry a person saw.
const VERSIONS = "input[type=hidden]:is([name=seen], [name=version], [name=replaces])";

/** ``sent`` is the tab that has sent it and does not know the answer yet. */
/** @typedef {{ fields: [string, string][], versions: [string, string][], at: number, sent: string }} Draft */

const ourPrefix = () => `${PREFIX}${document.body.dataset.person}:`;
/** @param {HTMLFormElement} form */
const keyOf = (form) => `${ourPrefix()}${form.dataset.draft}`;
const forms = () => findAll("form[data-draft]", HTMLFormElement);

/** @param {EventTarget | null} target */
const formOf = (target) => closest(target, "form[data-draft]", HTMLFormElement);

/**
 * Return what a person can change in a form.
 * @param {HTMLFormElement} form
 * @returns {[string, string][]}
 */
function fieldsOf(form) {
  /** @type {[string, string][]} */
  const fields = [];
  for (const control of form.elements) {
    if (control instanceof HTMLTextAreaElement || control instanceof HTMLSelectElement) {
      fields.push([control.name, control.value]);
    } else if (control instanceof HTMLInputElement && control.type !== "hidden") {
      const isChoice = control.type === "checkbox" || control.type === "radio";
      if (!isChoice) fields.push([control.name, control.value]);
      else if (control.checked) fields.push([control.name, control.value]);
    }
  }
  return fields;
}

/**
 * @param {HTMLFormElement} form
 * @returns {[string, string][]}
 */
const versionsOf = (form) => findAll(VERSIONS, HTMLInputElement, form).map(({ name, value }) => [name, value]);

/** Return what tells this tab from others; it outlives a reload. */
function tab() {
  try {
    const known = sessionStorage.getItem("tab");
    if (known) return known;
    const made = crypto.getRandomValues(new Uint32Array(2)).join("-");
    sessionStorage.setItem("tab", made);
    return made;
  } catch {
    return "tab"; // the browser keeps nothing
  }
}

/** @param {[string, string][]} fields */
const asText = (fields) => JSON.stringify(fields);

/**
 * @param {string} key
 * @returns {Draft | null}
 */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null; // the browser keeps nothing, or something else
  }
}

/**
 * @param {string} key
 * @param {Draft | null} draft
 */
function write(key, draft) {
  try {
    if (draft) localStorage.setItem(key, JSON.stringify(draft));
    else localStorage.removeItem(key);
  } catch {
    // The browser keeps nothing: the form works without.
  }
}

/** What the server sent, so that it is known what a person has changed. @type {WeakMap<HTMLFormElement, string>} */
const original = new WeakMap();

/** @param {HTMLFormElement} form */
function save(form) {
  const fields = fieldsOf(form);
  const isChanged = asText(fields) !== original.get(form);
  const versions = original.has(form) ? versionsOf(form) : [];
  write(keyOf(form), isChanged ? { fields, versions, at: Date.now(), sent: "" } : null);
}

// Offering

/**
 * @param {HTMLFormElement} form
 * @param {Draft} draft
 */
function offer(form, draft) {
  const notice = document.createElement("div");
  notice.className = "notice draft";
  const text = document.createElement("span");
  const typed = draft.fields.map(([, value]) => value).find((value, place) => value && value !== fieldsOf(form)[place]?.[1]) ?? "";
  const shown = typed.length > PREVIEW_LENGTH ? `${typed.slice(0, PREVIEW_LENGTH)}…` : typed;
  const values = { age: relative(draft.at, Date.now()), text: shown };
  text.textContent = interpolate(gettext("Written %(age)s and not sent: “%(text)s”"), values, true);
  notice.append(text, button(gettext("Restore"), "restoreDraft"), button(gettext("Discard"), "dropDraft"));
  form.prepend(notice);
  announce(gettext("This form has text that was not sent."));
}

/**
 * @param {string} text
 * @param {string} action
 */
function button(text, action) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button small";
  element.dataset[action] = "";
  element.textContent = text;
  return element;
}

/**
 * @param {HTMLFormElement} form
 * @param {Draft} draft
 */
function restore(form, draft) {
  for (const control of form.elements) {
    if (control instanceof HTMLTextAreaElement || control instanceof HTMLSelectElement) {
      control.value = draft.fields.find(([name]) => name === control.name)?.[1] ?? control.value;
    } else if (control instanceof HTMLInputElement && control.type !== "hidden") {
      const values = draft.fields.filter(([name]) => name === control.name).map(([, value]) => value);
      if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
      else control.value = values[0] ?? control.value;
    }
  }
  // The server then says if somebody has changed the entry since the draft was begun.
  for (const field of findAll(VERSIONS, HTMLInputElement, form)) {
    field.value = draft.versions.find(([name]) => name === field.name)?.[1] ?? field.value;
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Look at forms that have just come: a draft is offered, unless the form shows it already. */
function lookAtNewForms() {
  for (const form of forms()) {
    if (original.has(form)) continue;
    const shown = asText(fieldsOf(form));
    original.set(form, shown);
    const draft = read(keyOf(form));
    // A form with errors shows what was typed.
    if (draft && asText(draft.fields) !== shown) offer(form, draft);
  }
}

/**
 * Remove the drafts that this page says have been saved, and those that nobody has sent for long. One that
 * led to an error, or to the login page, has not been sent.
 */
function settleSent() {
  const isSaved = Boolean(document.querySelector(".messages .success"));
  for (const key of keptKeys()) {
    const draft = read(key);
    const isOurs = draft?.sent === tab();
    // On a computer that people share, nobody leaves a text to the next one.
    const isOfAnother = document.body.dataset.person && !key.startsWith(ourPrefix());
    if (!draft || isOfAnother || (isOurs && isSaved) || Date.now() - draft.at > KEPT_MS) write(key, null);
    else if (isOurs) write(key, { ...draft, sent: "" });
  }
}

function keptKeys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return []; // the browser keeps nothing
  }
}

// The person

document.addEventListener("input", ({ target }) => {
  const form = formOf(target);
  if (form) save(form);
});
document.addEventListener("click", ({ target }) => {
  const form = formOf(target);
  const notice = closest(target, ".draft", HTMLElement);
  if (form && notice) {
    const draft = read(keyOf(form));
    if (matches(target, "[data-restore-draft]") && draft) restore(form, draft);
    if (matches(target, "[data-drop-draft]")) write(keyOf(form), null);
    if (matches(target, "button")) {
      notice.remove();
      find("textarea, input:not([type=hidden])", HTMLElement, form)?.focus();
    }
  }
  if (form && closest(target, "[data-cancel]", Element)) write(keyOf(form), null);
});
document.addEventListener("submit", ({ target, defaultPrevented }) => {
  if (matches(target, "form[action$='/logout/']")) {
    for (const key of keptKeys()) if (key.startsWith(ourPrefix())) write(key, null);
  }
  const form = formOf(target);
  const draft = form && read(keyOf(form));
  if (draft && !defaultPrevented) write(keyOf(form), { ...draft, sent: tab() });
});

// Forms that htmx sends

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const form = formOf(ctx.sourceElement);
  if (form && ctx.request.method === "POST" && ctx.response?.raw.ok) {
    original.set(form, asText(fieldsOf(form).map(([name]) => [name, ""])));
    if (form.isConnected) save(form); // the next comment may have been begun by then
    else write(keyOf(form), null);
  }
  setTimeout(lookAtNewForms);
});

settleSent();
lookAtNewForms();
