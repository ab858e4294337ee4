/** @import { Step } from "../stream/protocol.d.ts" */

/** @typedef {"probability" | "surprisal" | "entropy" | "rank" | "guard" | "none"} Mode what tokens are coloured by */

/**
 * What a mode measures of a step: a share, bits, bits, a place from 1 on, a score. Null where there is nothing
 * to measure: no guard looked.
 *
 * @param {Step} step
 * @param {Mode} mode
 * @returns {number | null}
 */
export function measure(step, mode) {
  switch (mode) {
    case "probability":
      return Math.exp(step.logprob);
    case "surprisal":
      return -step.logprob / Math.LN2;
    case "entropy":
      return step.entropy;
    case "rank":
      return step.rank + 1;
    case "guard": {
      const scores = Object.values(step.guard ?? {}).filter(Number.isFinite);
      return scores.length ? Math.max(...scores) : null;
    }
    default:
      return null;
  }
}
