// Whether an answer of the server is stale: something has changed since the request was sent. A subject is
// what may change: a name, or an element of the page.

// Steps are counted, not milliseconds: of two things in the same millisecond one is still the later.
let step = 0;
/** @type {WeakMap<HtmxContext, number>} */
const requestedAt = new WeakMap();
/** @type {Map<string, number>} */
const namesChangedAt = new Map();
/** @type {WeakMap<Element, number>} */
const elementsChangedAt = new WeakMap();
/** @type {Map<string, () => unknown>} */
const readers = new Map();
/** @type {WeakMap<HtmxContext, Map<string, unknown>>} */
const readAtRequest = new WeakMap();
/** @type {Set<HtmxContext>} */
const pending = new Set();

/**
 * Make the answers to all earlier requests stale for the subject.
 * @param {string | Element} subject
 * @param {HtmxContext} [except] The request that replaces the earlier ones.
 */
export function outdate(subject, except) {
  step += 1;
  if (typeof subject === "string") namesChangedAt.set(subject, step);
  else elementsChangedAt.set(subject, step);
  if (except) stamp(except);
}

/**
 * Treat a subject as changed whenever the value that `read` returns changes.
 * @param {string} subject
 * @param {() => unknown} read
 */
export function watch(subject, read) {
  readers.set(subject, read);
}

/**
 * Tell whether the subject has changed since the request was sent.
 * @param {HtmxContext} ctx
 * @param {string | Element} subject
 */
export function isStale(ctx, subject) {
  const requested = requestedAt.get(ctx) ?? 0;
  if (typeof subject !== "string") return (elementsChangedAt.get(subject) ?? 0) > requested;
  const read = readers.get(subject);
  if (read) return read() !== readAtRequest.get(ctx)?.get(subject);
  return (namesChangedAt.get(subject) ?? 0) > requested;
}

/**
 * Tell whether a request of this element is still waiting for its answer.
 * @param {Element} element
 */
export function isPending(element) {
  return [...pending].some((ctx) => ctx.sourceElement === element);
}

/**
 * Tell whether a request only reads: some of those that do are posted, for what must not be in an address.
 * @param {HtmxContext} ctx
 */
export const isReading = (ctx) => ctx.request.method === "GET" || Boolean(ctx.isReading);

/**
 * Abort the pending requests that only read. Writes continue, even if another page is shown by then.
 */
export function abortReads() {
  for (const ctx of pending) if (isReading(ctx)) ctx.request.abort?.();
}

/** @param {HtmxContext} ctx */
function stamp(ctx) {
  step += 1;
  requestedAt.set(ctx, step);
}

/** @param {HtmxEvent} event */
function onRequest({ detail: { ctx } }) {
  pending.add(ctx);
  stamp(ctx);
  readAtRequest.set(ctx, new Map([...readers].map(([subject, read]) => [subject, read()])));
}

document.addEventListener("htmx:before:request", onRequest);
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => pending.delete(ctx));
