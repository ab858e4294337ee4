/** @typedef {{ temperature: number, k: number, top_p: number, min_p: number }} Sampler */

/**
 * What would be drawn from, by the engine's own rules (generation/engine/sampler.py): temperature, then top-k,
 * top-p (the smallest set that reaches it) and min-p (against the favourite), each on what the one before left.
 *
 * Exact as long as top-k asks for no more than the alternatives that are known; beyond, each share is the most
 * that it can be.
 *
 * @param {number[]} logprobs of the alternatives, most probable first
 * @param {Sampler} sampler
 * @returns {number[]} a share for each, 0 for one that is cut
 */
export function distribution(logprobs, { temperature, k, top_p, min_p }) {
  const breadth = temperature === 0 ? 1 : k;
  const heat = temperature === 0 ? 1 : temperature;
  const best = logprobs[0] ?? 0;
  let p = logprobs.map((one, n) => (n < breadth ? Math.exp((one - best) / heat) : 0));
  p = whole(p);
  if (top_p < 1) {
    let before = 0;
    p = whole(
      p.map((one) => {
        const kept = before < top_p ? one : 0;
        before += one;
        return kept;
      }),
    );
  }
  if (min_p > 0) {
    const least = min_p * (p[0] ?? 0);
    p = whole(p.map((one) => (one < least ? 0 : one)));
  }
  return p;
}

/** @param {number[]} p */
function whole(p) {
  const total = p.reduce((sum, one) => sum + one, 0);
  return p.map((one) => one / total);
}
