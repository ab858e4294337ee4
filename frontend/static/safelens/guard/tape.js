/** @import { Line } from "../study/study.d.ts" */
/** @import { Judgement } from "./trace.js" */

/**
 * What one guard said of an answer, a judgement for each step and one behind the last. That of place `i` came with
 * step `i` and is of the text up to token `i - 1`.
 *
 * @param {Line} run
 * @param {string} guard
 * @returns {Judgement[]}
 */
export function guardTape({ steps, retracted, judged, status }, guard) {
  const tape = steps.map(({ i, guard: scores, origin }) => ({
    score: scores?.[guard],
    origin: /** @type {string} */ (origin),
    back: retracted.some(({ from, to }) => from <= i && i <= to),
  }));
  if (status === "finished" && judged?.[guard] !== undefined) {
    tape.push({ score: judged[guard], origin: "end", back: false });
  }
  return tape;
}

/** The guards that looked at an answer, in the order of their names. @param {Line} run */
export function guardsOf({ steps, judged }) {
  const names = new Set(Object.keys(judged ?? {}));
  for (const { guard } of steps) for (const name in guard) names.add(name);
  return [...names].sort();
}
