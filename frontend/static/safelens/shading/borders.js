/** @import { Mode } from "./measure.js" */
import { percent, significant } from "../page/numbers.js";

/** What a tint's values are called, by mode: a number with its unit. @type {Record<string, (value: number) => string>} */
const SAID = {
  probability: percent,
  guard: significant,
  surprisal: (value) => `${Number(value.toPrecision(2))} bit`,
  entropy: (value) => `${Number(value.toPrecision(2))} bit`,
  rank: String,
};

/**
 * The legend's words for the five tints, from the surest on; empty for one that no value can have.
 *
 * @param {Mode} mode
 * @param {number[]} cuts
 * @returns {string[]} empty where nothing is tinted
 */
export function borders(mode, cuts) {
  const say = SAID[mode];
  if (!say || cuts.length !== 4) return [];
  const [a = 0, b = 0, c = 0, d = 0] = cuts;
  if (mode === "rank") return ["favourite", ...[b, c, d].map((cut) => `first ${say(cut)}`), `beyond ${say(d)}`];
  const between = (/** @type {number} */ low, /** @type {number} */ high) => (low === high ? "" : `${bare(low)}–${say(high)}`);
  const bare = (/** @type {number} */ value) => say(value).replace(/ (%|bit)$/, "");
  if (mode === "probability") {
    return [`over ${say(a)}`, between(b, a), between(c, b), between(d, c), `under ${say(d)}`];
  }
  return [`up to ${say(a)}`, between(a, b), between(b, c), between(c, d), `over ${say(d)}`];
}
