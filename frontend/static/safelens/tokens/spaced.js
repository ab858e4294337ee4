import { visible } from "./visible.js";

const SPACE = /[ \n\r\t\u00a0]+/g;

/**
 * A token's text with its white space marked, that still breaks its lines where it did.
 *
 * @param {string} text
 */
export function spaced(text) {
  return text.replace(SPACE, (found) => {
    const breaks = found.replace(/[^\n]/g, "");
    return visible(found) + (breaks || "\u200b");
  });
}
