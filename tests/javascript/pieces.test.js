import assert from "node:assert/strict";
import test from "node:test";

import { peaks } from "../../frontend/static/safelens/shading/peaks.js";
import { pieces } from "../../frontend/static/safelens/tokens/pieces.js";
import { spaced } from "../../frontend/static/safelens/tokens/spaced.js";

const TOP = [[1, "<E2 80>", -1, 0.3]];
const steps = (...texts) => texts.map((text, i) => ({ i, id: i, text, top: TOP }));
const of = (all, i) => pieces(all, i).map((step) => step.i);

test("the tokens of one character belong together, from whichever of them it is asked", () => {
  const all = steps("a", "", "", "…", "b");
  for (const i of [1, 2, 3]) assert.deepEqual(of(all, i), [1, 2, 3]);
  assert.deepEqual(of(all, 0), [0]);
  assert.deepEqual(of(all, 4), [4]);
});

test("a character that isn't whole yet, or never will be, stands alone", () => {
  assert.deepEqual(of(steps("a", "", ""), 1), [1]);
});

test("what was withdrawn belongs to no character", () => {
  const all = steps("a", "", "b");
  all[1].id = -1;
  assert.deepEqual(of(all, 2), [2]);
});

test("white space is marked and lines still break where they did", () => {
  assert.equal(spaced(" the"), "␣\u200bthe");
  assert.equal(spaced("a\n\n b\t"), "a↵↵␣\n\nb⇥\u200b");
  assert.equal(spaced("word"), "word");
});

test("no peak is lost when many share a place", () => {
  const values = Array.from({ length: 4096 }, () => 0.1);
  values[2999] = 9;
  const found = peaks(values.length, (i) => values[i], 720);
  assert.equal(found.length, 720);
  assert.equal(Math.max(...found), 9);
  assert.equal(found.filter((one) => one === 9).length, 1);
  assert.deepEqual(peaks(3, (i) => i + 1, 720), [1, 2, 3]);
  assert.deepEqual(peaks(0, () => 1, 720), []);
});
