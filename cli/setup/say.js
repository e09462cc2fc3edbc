/** What the person at the terminal can act on: its message is shown alone. */
export class Problem extends Error {}

/** @param {string} text one line about what takes time */
export function say(text) {
  console.log(`podlab: ${text}`);
}
