/**
 * Return a function that scrolls the page so that the element is where it is now. The browser's own way,
 * which these pages switch off, does nothing at the top of a page.
 * @param {Element} element
 */
export function holdStill(element) {
  const { top } = element.getBoundingClientRect();
  return () => {
    if (element.isConnected) scrollBy(0, element.getBoundingClientRect().top - top);
  };
}
