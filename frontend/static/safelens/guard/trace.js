/** @import { Rule } from "./rules.js" */
import { machine, quantised } from "./rules.js";

/**
 * One judgement: the score that came with a token is of the text before it. `back`: the token was taken back.
 *
 * @typedef {{ score: number | undefined, origin: string, back: boolean }} Judgement
 * @typedef {{ statistics: (number | null)[], crossings: number[] }} Trace at each place the rule's statistic (null
 *   where nothing was judged), and the places where the alarm goes on
 */

/**
 * Where a rule fires over a text as it was, at this threshold. Begins anew where words were injected, and goes
 * back where tokens were taken back, as `guard.policy.replay.counterfactual` does.
 *
 * @param {Rule} rule
 * @param {number} threshold
 * @param {Judgement[]} tape
 * @returns {Trace}
 */
export function trace(rule, threshold, tape) {
  const { start, judge, low } = machine(rule);
  const off = low(threshold);
  /** @type {Trace} */
  const found = { statistics: [], crossings: [] };
  let [state, on] = [start(), false];
  /** @type {[unknown, boolean] | null} */
  let fork = null;
  let before = "";
  for (const [place, { score, origin, back }] of tape.entries()) {
    if (back && !fork) fork = [state, on];
    else if (!back && fork && origin !== "end") {
      [state, on] = fork;
      fork = null;
    }
    let statistic = null;
    if (origin === "nudge") {
      if (before !== "nudge") [state, on] = [start(), false];
    } else if (before !== "nudge" && score !== undefined && Number.isFinite(score)) {
      const was = on;
      const [next, value, counts] = judge(state, quantised(score));
      [state, statistic] = [next, value];
      on = counts && (value >= threshold || (was && value > off));
      if (on && !was) found.crossings.push(place);
    }
    found.statistics.push(statistic);
    before = origin;
  }
  return found;
}
