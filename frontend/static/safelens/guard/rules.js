/**
 * The stream rules as guard/policy has them, for what the page draws; a test holds the two to each other.
 *
 * @typedef {{ kind: string, warmup?: number, k?: number, a?: number, prior?: number, slack?: number,
 *   window?: number, row?: number, gap?: number }} Rule
 * @typedef {{ start: () => unknown, judge: (state: any, score: number) => [unknown, number, boolean],
 *   low: (threshold: number) => number }} Machine `judge` gives the next state, the statistic, 0–1, and whether
 *   that counts yet: the alarm goes on where it reaches the threshold, and off where it falls to `low`
 */

const LEVELS = 0xfffd; // as guard/policy/scores.py
const CLIP = 6;

/** @param {number} score */
export function quantised(score) {
  return Math.round(score * LEVELS) / LEVELS;
}

/** @param {Rule} rule @returns {Machine} */
export function machine(rule) {
  if (rule.kind === "classic") return classic(rule.warmup ?? 4);
  if (rule.kind === "consecutive") return consecutive(rule.k ?? 2);
  if (rule.kind === "ema") return ema({ a: 0.2, prior: -2, slack: 2, window: 16, row: 3, gap: 1.5, ...rule });
  throw new Error(`This page doesn't know the rule ${rule.kind}.`);
}

/** @param {number} warmup @returns {Machine} */
function classic(warmup) {
  return {
    start: () => 0,
    judge: (count, score) => (count < warmup ? [count + 1, 0, false] : [count, score, true]),
    low: under,
  };
}

/** @param {number} k @returns {Machine} */
function consecutive(k) {
  return {
    start: () => [],
    judge: (last, score) => {
      const row = [...last, score];
      return row.length >= k ? [row.slice(1), Math.min(...row), true] : [row, 0, false];
    },
    low: under,
  };
}

/** @param {{ a: number, prior: number, slack: number, window: number, row: number, gap: number }} rule @returns {Machine} */
function ema({ a, prior, slack, window, row, gap }) {
  return {
    start: () => ({ whole: prior, begun: [], last: [] }),
    judge: ({ whole, begun, last }, score) => {
      const value = logit(score);
      const move = (/** @type {number} */ mean) => (1 - a) * mean + a * value;
      const next = { whole: move(whole), begun: /** @type {[number, number][]} */ ([]), last };
      for (const [age, mean] of begun) if (mean > prior && age < window) next.begun.push([age + 1, move(mean)]);
      next.begun.push([1, move(prior)]);
      const newest = [...last, value];
      const lowest = newest.length >= row ? Math.min(...newest) - gap : -Infinity;
      next.last = newest.length >= row ? newest.slice(1) : newest;
      return [next, sigmoid(Math.max(next.whole, next.begun[0]?.[1] ?? -Infinity, lowest)), true];
    },
    low: (threshold) => {
      const high = logit(threshold);
      return sigmoid(Math.min(Math.max(high - slack, prior), high));
    },
  };
}

/** On exactly where the threshold is reached. @param {number} threshold */
function under(threshold) {
  return threshold;
}

/** @param {number} score */
function logit(score) {
  if (score <= 0) return -CLIP;
  if (score >= 1) return CLIP;
  return Math.min(Math.max(Math.log(score / (1 - score)), -CLIP), CLIP);
}

/** @param {number} value */
function sigmoid(value) {
  return 1 / (1 + Math.exp(-value));
}
