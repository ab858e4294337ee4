/**
 * @typedef {object} Hunk
 * @property {boolean} same
 * @property {[number, number]} a from, and the one behind the last
 * @property {[number, number]} b
 */

/**
 * The least that has to be taken out of `a` and put in to make `b` of it: Myers' algorithm, in linear space, so
 * that two answers of thousands of tokens that have nothing in common are no trouble.
 *
 * @template Key
 * @param {readonly Key[]} a
 * @param {readonly Key[]} b
 * @returns {Hunk[]} in order; what is the same and what isn't take turns
 */
export function diff(a, b) {
  /** @type {[number, number, number][]} where both are the same: in a, in b, how long */
  const same = [];
  match(a, 0, a.length, b, 0, b.length, same);
  same.push([a.length, b.length, 0]);
  /** @type {Hunk[]} */
  const hunks = [];
  let [i, j] = [0, 0];
  for (const [x, y, length] of same) {
    if (x > i || y > j) hunks.push({ same: false, a: [i, x], b: [j, y] });
    const last = hunks.at(-1);
    if (length && last?.same) [last.a[1], last.b[1]] = [x + length, y + length];
    else if (length) hunks.push({ same: true, a: [x, x + length], b: [y, y + length] });
    [i, j] = [x + length, y + length];
  }
  return hunks;
}

/**
 * @template Key
 * @param {readonly Key[]} a @param {number} aFrom @param {number} aTo
 * @param {readonly Key[]} b @param {number} bFrom @param {number} bTo
 * @param {[number, number, number][]} same
 */
function match(a, aFrom, aTo, b, bFrom, bTo, same) {
  let [front, back] = [0, 0];
  while (aFrom + front < aTo && bFrom + front < bTo && a[aFrom + front] === b[bFrom + front]) front++;
  if (front) same.push([aFrom, bFrom, front]);
  [aFrom, bFrom] = [aFrom + front, bFrom + front];
  while (aFrom < aTo - back && bFrom < bTo - back && a[aTo - back - 1] === b[bTo - back - 1]) back++;
  [aTo, bTo] = [aTo - back, bTo - back];
  if (aFrom < aTo && bFrom < bTo) {
    const [x, y] = middle(a, aFrom, aTo, b, bFrom, bTo);
    match(a, aFrom, x, b, bFrom, y, same);
    match(a, x, aTo, b, y, bTo, same);
  }
  if (back) same.push([aTo, bTo, back]);
}

/**
 * A point through which a shortest way goes: where one that begins at the start meets one that begins at the end.
 *
 * @template Key
 * @param {readonly Key[]} a @param {number} aFrom @param {number} aTo
 * @param {readonly Key[]} b @param {number} bFrom @param {number} bTo
 * @returns {[number, number]}
 */
function middle(a, aFrom, aTo, b, bFrom, bTo) {
  const [n, m] = [aTo - aFrom, bTo - bFrom];
  const [most, delta] = [Math.ceil((n + m) / 2), n - m];
  const [forth, back] = [new Int32Array(2 * most + 2), new Int32Array(2 * most + 2)];
  /** @param {Int32Array} reached @param {number} k */
  const at = (reached, k) => reached[k + most] ?? 0;
  for (let d = 0; d <= most; d++) {
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && at(forth, k - 1) < at(forth, k + 1)) ? at(forth, k + 1) : at(forth, k - 1) + 1;
      while (x < n && x - k < m && a[aFrom + x] === b[bFrom + x - k]) x++;
      forth[k + most] = x;
      const other = delta - k;
      if (delta % 2 && Math.abs(other) < d && x + at(back, other) >= n) return [aFrom + x, bFrom + x - k];
    }
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && at(back, k - 1) < at(back, k + 1)) ? at(back, k + 1) : at(back, k - 1) + 1;
      while (x < n && x - k < m && a[aTo - 1 - x] === b[bTo - 1 - x + k]) x++;
      back[k + most] = x;
      const other = delta - k;
      if (delta % 2 === 0 && Math.abs(other) <= d && x + at(forth, other) >= n) return [aTo - x, bTo - x + k];
    }
  }
  throw new Error("Two ways that never meet.");
}
