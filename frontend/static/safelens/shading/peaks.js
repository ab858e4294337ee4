/**
 * At most `width` values for many: of those that share a place the largest, so that no peak is lost.
 *
 * @param {number} count
 * @param {(i: number) => number} at
 * @param {number} width
 * @returns {number[]}
 */
export function peaks(count, at, width) {
  const places = Math.min(count, Math.max(1, Math.floor(width)));
  /** @type {number[]} */
  const found = new Array(places).fill(0);
  for (let i = 0; i < count; i++) {
    const place = Math.floor((i * places) / count);
    found[place] = Math.max(found[place] ?? 0, at(i));
  }
  return found;
}
