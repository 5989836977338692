// Types for static/vendor/combobox-nav.js: only what static/js/tags.js uses.

export default class Combobox {
  constructor(input: HTMLElement, list: HTMLElement, options?: { tabInsertsSuggestions?: boolean });
  start(): void;
  stop(): void;
  navigate(step: 1 | -1): void;
  indicateDefaultOption: () => void;
}
