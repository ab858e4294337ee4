/** @import { Step } from "../stream/protocol.d.ts" */
import { visible } from "../tokens/visible.js";

/** @typedef {{ id: number, text: string, own: number, p: number, taken: boolean }} Row */

/**
 * A step's alternatives, most probable first, with the model's own probability and the share that is drawn
 * from. A token that was put here from outside the list comes last.
 *
 * @param {Step} step
 * @param {number[]} [shares] instead of those that were drawn from, one for each alternative
 * @returns {Row[]}
 */
export function rows(step, shares) {
  const found = step.top.map(([id, text, logprob, p], n) => {
    return { id, text: visible(text), own: Math.exp(logprob), p: shares ? shares[n] ?? 0 : p, taken: id === step.id };
  });
  if (!found.some((row) => row.taken) && step.top.length) {
    found.push({ id: step.id, text: visible(step.text), own: Math.exp(step.logprob), p: 0, taken: true });
  }
  return found;
}

/** What of the model's own probability the list leaves out. @param {Row[]} rows */
export function other(rows) {
  return Math.max(0, 1 - rows.reduce((sum, { own }) => sum + own, 0));
}
