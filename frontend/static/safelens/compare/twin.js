/** @import { Line } from "../study/study.d.ts" */
/** @import { Given } from "../stream/protocol.d.ts" */

/**
 * How to write an answer again with the guard switched: from the first token that was drawn, with the same seed
 * and settings. Null where nothing was drawn, or where no guard is there to be switched on.
 *
 * @param {Line} run
 * @param {boolean} isThere a guard is known to be there for runs without one
 * @returns {{ at: number, settings: Given, guard: boolean } | null}
 */
export function twin(run, isThere) {
  const { steps, settings } = run;
  const isOff = !wasGuarded(run);
  if (isOff && !isThere) return null;
  let at = run.at ?? 0;
  while (steps[at] && steps[at]?.origin !== "sampled" && steps[at]?.origin !== "nudge") at++;
  if (!steps[at]) return null;
  return { at, settings: { ...settings, guard: isOff }, guard: isOff };
}

/** Whether a guard looked at it. @param {Line} run */
export function wasGuarded({ steps, nudges }) {
  return nudges.length > 0 || steps.some((step) => step.guard && Object.keys(step.guard).length > 0);
}
