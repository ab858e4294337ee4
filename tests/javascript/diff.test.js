import assert from "node:assert/strict";
import test from "node:test";

import { diff } from "../../frontend/static/safelens/compare/diff.js";

/** What the hunks say: both sides whole, in order, and equal where they say so. */
function check(a, b) {
  const hunks = diff(a, b);
  const sides = { a: [], b: [] };
  let changed = 0;
  for (const [n, hunk] of hunks.entries()) {
    assert.notEqual(hunk.same, hunks[n - 1]?.same);
    sides.a.push(...a.slice(...hunk.a));
    sides.b.push(...b.slice(...hunk.b));
    if (hunk.same) assert.deepEqual(a.slice(...hunk.a), b.slice(...hunk.b));
    else changed += hunk.a[1] - hunk.a[0] + hunk.b[1] - hunk.b[0];
  }
  assert.deepEqual(sides, { a, b });
  return changed;
}

/** The least number of changes, by the table that anybody can check. */
function least(a, b) {
  let row = b.map((_, j) => j + 1);
  row.unshift(0);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = a[i - 1] === b[j - 1] ? row[j - 1] : 1 + Math.min(row[j], next[j - 1]);
    row = next;
  }
  return row[b.length];
}

test("nothing, the same, and nothing in common", () => {
  assert.deepEqual(diff([], []), []);
  assert.deepEqual(diff([1, 2], [1, 2]), [{ same: true, a: [0, 2], b: [0, 2] }]);
  assert.deepEqual(diff([1, 2], []), [{ same: false, a: [0, 2], b: [0, 0] }]);
  assert.deepEqual(diff([1, 2], [3]), [{ same: false, a: [0, 2], b: [0, 1] }]);
});

test("one token that was taken instead", () => {
  assert.deepEqual(diff([1, 2, 3, 4], [1, 9, 3, 4]), [
    { same: true, a: [0, 1], b: [0, 1] }, { same: false, a: [1, 2], b: [1, 2] }, { same: true, a: [2, 4], b: [2, 4] },
  ]);
});

test("it is always right, and never longer than it must be", () => {
  let seed = 1;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let round = 0; round < 3000; round++) {
    const kinds = 1 + random(6);
    const some = () => Array.from({ length: random(14) }, () => random(kinds));
    const [a, b] = [some(), some()];
    assert.equal(check(a, b), least(a, b), JSON.stringify([a, b]));
  }
});

test("two answers of 4,096 tokens without a token in common", () => {
  const a = Array.from({ length: 4096 }, (_, i) => i);
  const began = performance.now();
  assert.equal(check(a, a.map((i) => i + 10_000)), 8192);
  assert.ok(performance.now() - began < 5000);
});
