// Say something to people who listen to the page.
export function announce(words) {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = "";
  // Emptied first, so that the same words twice are said twice.
  setTimeout(() => { region.textContent = words; }, 50);
}
