// The words of scripts, in the language of the page. The functions are Django's, from the catalogue that
// the page loads before its scripts (words/<language>.js); see "JavaScriptCatalog" in Django's documentation.

/**
 * @typedef {{
 *   gettext: (text: string) => string,
 *   ngettext: (one: string, many: string, count: number) => string,
 *   pgettext: (context: string, text: string) => string,
 *   npgettext: (context: string, one: string, many: string, count: number) => string,
 *   interpolate: (text: string, values: Record<string, string | number>, named: true) => string,
 *   get_format: (name: string) => string,
 * }} Catalogue
 */

/** @type {Catalogue} */
const catalogue = Reflect.get(globalThis, "django");

export const { gettext, ngettext, pgettext, npgettext, interpolate } = catalogue;

/**
 * Return a typed number without the separators of its thousands: of "1.000", which browsers take for 1 with three
 * decimals, in Turkish and German "1000".
 * @param {string} text
 */
export function ungrouped(text) {
  const [first = "", ...others] = text.split(catalogue.get_format("THOUSAND_SEPARATOR"));
  const isGrouped = /^[1-9]\d{0,2}$/u.test(first) && others.every((digits) => /^\d{3}$/u.test(digits));
  return isGrouped ? first + others.join("") : text;
}

/**
 * Return a whole number with its thousands grouped: "5,218", in Turkish and German "5.218".
 * @param {number} value
 */
export function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/gu, catalogue.get_format("THOUSAND_SEPARATOR"));
}
