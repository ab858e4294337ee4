/**
 * @typedef {{ x: number, y: number, low: number | null, high: number | null, said: string }} Point
 * @typedef {{ name: string, points: Point[] }} Series
 */

/**
 * The points of a table, by series, each in the order of x. `said` is how the table writes x.
 *
 * @param {Iterable<{ dataset: DOMStringMap }>} cells with `data-series`, `data-x`, `data-y`
 * @returns {Series[]}
 */
export function points(cells) {
  /** @type {Map<string, Point[]>} */
  const found = new Map();
  for (const { dataset } of cells) {
    const { series, x, y, low, high } = dataset;
    if (series === undefined || x === undefined || y === undefined) continue;
    const point = { x: position(x), y: Number(y), low: bound(low), high: bound(high), said: x };
    if (!Number.isFinite(point.x) || !Number.isFinite(point.y)) continue; // no number: the curve has a gap
    const mine = found.get(series);
    if (mine) mine.push(point);
    else found.set(series, [point]);
  }
  return [...found].map(([name, of]) => ({ name, points: of.sort((a, b) => a.x - b.x) }));
}

/** @param {string} x a number, or a day like 2026-11-20 */
function position(x) {
  return /^\d{4}-\d\d-\d\d$/.test(x) ? Date.parse(x) : Number(x);
}

/** @param {string | undefined} value */
function bound(value) {
  return value === undefined ? null : Number(value);
}
