/** How unsure the model was, in five steps: the probability under which each begins, and the tint's class. */
const STEPS = /** @type {const} */ ([
  [0.05, "t4"],
  [0.2, "t3"],
  [0.5, "t2"],
  [0.8, "t1"],
]);

/**
 * The class that tints a token whose probability by the model's own measure was `p`; empty for a sure one.
 *
 * @param {number} p
 */
export function tint(p) {
  return STEPS.find(([below]) => p < below)?.[1] ?? "";
}
