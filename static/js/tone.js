// Short tones. A browser that has no sound, or allows none before a person has pressed something, stays silent.

const SECONDS = 0.16;
const PAUSE_SECONDS = 0.05;

/** @type {AudioContext | null} */
let audio = null;

/**
 * Play notes one after the other.
 * @param {number[]} frequencies In hertz.
 */
export function play(...frequencies) {
  try {
    audio ??= new AudioContext();
    audio.resume().catch(() => {});
    for (const [place, frequency] of frequencies.entries()) note(audio, frequency, place * (SECONDS + PAUSE_SECONDS));
  } catch {
    // No sound: every tone has its word on the page.
  }
}

/**
 * @param {AudioContext} context
 * @param {number} frequency
 * @param {number} delay
 */
function note(context, frequency, delay) {
  const tone = context.createOscillator();
  const volume = context.createGain();
  const start = context.currentTime + delay;
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0.15, start);
  volume.gain.exponentialRampToValueAtTime(0.001, start + SECONDS);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + SECONDS);
}
