/** @import { Nudge, Reason, Step } from "../stream/protocol.d.ts" */

/**
 * A run as plain data: all that a replay needs, from a store, a link or a file.
 *
 * @typedef {object} Recording
 * @property {number | null} at steps before it were another run's
 * @property {Step[]} steps
 * @property {Nudge[]} nudges
 * @property {{ from: number, to: number, reason: string, after: number }[]} retracted
 * @property {Reason | null} reason
 */

/**
 * What a reader saw at one moment.
 *
 * @typedef {object} Moment
 * @property {number} t milliseconds since the run began
 * @property {number} steps how many were there
 * @property {number} retracted how many withdrawals had come
 * @property {boolean} ended
 * @property {string} said what happened, in a few words; empty where a token came
 */

/**
 * A run's moments, one for each step and event, in the order and at the time at which they came. What it shares
 * with another run was there from the start.
 *
 * @param {Recording} recording
 * @returns {Moment[]}
 */
export function timeline({ at, steps, nudges, retracted, reason }) {
  const shared = Math.min(at ?? 0, steps.length);
  /** @type {Moment[]} */
  const moments = [];
  let [t, gone] = [0, 0];
  /** @param {number} count @param {string} said @param {boolean} [ended] */
  const add = (count, said, ended = false) => moments.push({ t, steps: count, retracted: gone, ended, said });
  // Withdrawals in the order in which they came; of shared steps they were over before this run began.
  const withdrawals = [...retracted].sort((a, b) => a.after - b.after);
  const withdraw = (/** @type {number} */ count) => {
    while (withdrawals[gone] && (withdrawals[gone]?.after ?? 0) <= count) {
      gone++;
      if (count > shared) add(count, "the guard took words back");
    }
  };
  withdraw(shared);
  add(shared, "");
  for (let count = shared + 1; count <= steps.length; count++) {
    const step = steps[count - 1];
    t = Math.max(t, step?.t ?? 0);
    const nudge = nudges.find((one) => one.at === count - 1);
    add(count, nudge ? "the guard put words in" : "");
    withdraw(count);
  }
  add(steps.length, ended(reason), true);
  return moments;
}

/** @param {Reason | null} reason */
function ended(reason) {
  if (reason === "cancelled") return "stopped";
  if (reason === "blocked") return "stopped by the guard";
  return reason === "failed" ? "failed" : "the end";
}
