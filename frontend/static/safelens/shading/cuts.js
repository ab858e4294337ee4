/** @import { Mode } from "./measure.js" */

/** @typedef {"linear" | "log" | "quantile"} Scale */

/** Where one tint ends and the next begins, from the surest on. @type {Record<string, Record<string, number[]>>} */
const FIXED = {
  probability: { linear: [0.8, 0.6, 0.4, 0.2], log: [0.5, 0.1, 0.01, 0.001] },
  surprisal: { linear: [2, 4, 6, 8], log: [1, 2, 4, 8] },
  entropy: { linear: [1, 2, 3, 4], log: [0.5, 1, 2, 4] },
  rank: { linear: [1, 10, 100, 1000] },
  guard: { linear: [0.2, 0.4, 0.6, 0.8], log: [0.01, 0.03, 0.1, 0.3] },
};

/**
 * The four borders between five tints. By quantile each tint has a fifth of the values; ranks have GLTR's
 * classes, whatever the scale.
 *
 * @param {Mode} mode
 * @param {Scale} scale
 * @param {number[]} values all that are shown, for quantiles
 * @returns {number[]} empty: nothing is tinted
 */
export function cuts(mode, scale, values = []) {
  if (mode === "none") return [];
  if (mode === "rank") return FIXED["rank"]?.["linear"] ?? [];
  if (scale !== "quantile") return FIXED[mode]?.[scale] ?? [];
  if (!values.length) return [];
  const sorted = Float64Array.from(values).sort();
  if (mode === "probability") sorted.reverse();
  return [1, 2, 3, 4].map((fifth) => sorted[Math.min(sorted.length - 1, Math.floor((fifth * sorted.length) / 5))] ?? 0);
}
