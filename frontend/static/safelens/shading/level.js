/** @import { Mode } from "./measure.js" */

/**
 * Which of the five tints: 0 for the surest, 4 for the least sure. Of probabilities less is less sure, of all
 * else more.
 *
 * @param {number} value
 * @param {Mode} mode
 * @param {number[]} cuts
 */
export function level(value, mode, cuts) {
  let found = 0;
  for (const cut of cuts) if (mode === "probability" ? value < cut : value > cut) found++;
  return found;
}
