/**
 * Say something to people who use a screen reader.
 * @param {string} text
 */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = "";
  // Emptied first, so that the same text twice is read out twice.
  setTimeout(() => { region.textContent = text; }, 50);
}
