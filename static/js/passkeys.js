// Forms that a passkey fills. The server says what to ask the browser for, the browser asks the person, and the form
// is sent with the answer. The sentences about what happened are on the page.
import { find, findAll } from "./dom.js";

const NAME = "credential";

/** @type {AbortController | null} */
let asking = null;

const isSupported = () =>
  typeof globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON === "function" &&
  typeof globalThis.PublicKeyCredential.parseRequestOptionsFromJSON === "function";

/**
 * @param {HTMLFormElement} form
 * @param {string} state
 */
function show(form, state) {
  for (const sentence of findAll("[data-passkey-state]", HTMLElement, form)) {
    sentence.hidden = sentence.dataset.passkeyState !== state;
  }
}

/**
 * Return what the server wants to know from the browser.
 * @param {HTMLFormElement} form
 */
async function askServer(form) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "error" });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return answer.json();
}

/**
 * @param {HTMLFormElement} form
 * @param {AbortSignal} signal
 */
async function askBrowser(form, signal) {
  const options = await askServer(form);
  if (form.dataset.passkey === "create") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return navigator.credentials.create({ publicKey, signal });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey, signal });
}

/** @param {unknown} error */
function stateOf(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return "cancelled";
  if (name === "InvalidStateError") return "known";
  return name === "NotSupportedError" || name === "SecurityError" ? "unsupported" : "failed";
}

/** @param {HTMLFormElement} form */
async function fill(form) {
  const field = find(`input[name=${NAME}]`, HTMLInputElement, form);
  if (!field) return;
  asking?.abort();
  asking = new AbortController();
  field.value = "";
  show(form, "waiting");
  try {
    const credential = await askBrowser(form, asking.signal);
    if (!(credential instanceof PublicKeyCredential)) throw new Error("The browser gave no passkey.");
    field.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    show(form, stateOf(error));
  }
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.dataset.passkey) return;
  event.preventDefault();
  if (isSupported()) fill(form);
  else show(form, "unsupported");
}

// Before what counts sent forms: this one is sent again with the answer.
document.addEventListener("submit", onSubmit, { capture: true });
