/** @type {Record<string, string>} */
const NAMED = { " ": "␣", "\n": "↵", "\r": "↵", "\t": "⇥", "\u00a0": "⍽" };
// What would change how the text around it looks, or not be seen at all: controls, directions, zero widths.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g;

export const END = "■";

/**
 * A token's text so that every character of it is seen: `␣the`, `↵`, `<U+202E>`. The bytes of a part of a
 * character, `<E2 80>`, stay as the server writes them.
 *
 * @param {string} text
 */
export function visible(text) {
  return text
    .replace(/<[0-9A-F]{2}(?: [0-9A-F]{2})+>|[ \n\r\t\u00a0]/g, (found) => NAMED[found] ?? found)
    .replace(HIDDEN, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
    })
    .replace(/^(?=\p{M})/u, "◌");
}
