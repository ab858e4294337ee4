/**
 * Where labels stand so that none covers another: as close as they can to where they belong.
 *
 * @param {number[]} wanted where each belongs, in pixels
 * @param {number} height of a label
 * @param {number} bottom below which none may stand
 * @returns {number[]} in the order of `wanted`
 */
export function spread(wanted, height, bottom) {
  const order = wanted.map((_, index) => index).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  /** @type {number[]} */
  const found = [...wanted];
  let free = -Infinity;
  for (const index of order) {
    found[index] = Math.max(found[index] ?? 0, free);
    free = (found[index] ?? 0) + height;
  }
  let limit = bottom;
  for (const index of order.reverse()) {
    found[index] = Math.min(found[index] ?? 0, limit);
    limit = (found[index] ?? 0) - height;
  }
  return found;
}
