import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { other, rows } from "../../frontend/static/safelens/sampler/rows.js";
import { distribution } from "../../frontend/static/safelens/sampler/sampler.js";

const CASES = JSON.parse(readFileSync(new URL("sampler.cases.json", import.meta.url), "utf8"));
const PLAIN = { temperature: 1, k: 50, top_p: 1, min_p: 0 };

test("the page computes what the engine would draw from", () => {
  assert.ok(CASES.length >= 100);
  for (const { logprobs, sampler, p } of CASES) {
    const found = distribution(logprobs, sampler);
    for (const [n, share] of p.entries()) {
      // The engine's logits have single precision.
      assert.ok(Math.abs(found[n] - share) < 2e-6, `${JSON.stringify(sampler)}: ${found[n]} for ${share}`);
      assert.equal(found[n] === 0, share === 0, `${JSON.stringify(sampler)}: what is cut`);
    }
  }
});

test("shares sum to one, and nothing comes of nothing", () => {
  for (const { logprobs, sampler } of CASES) {
    const sum = distribution(logprobs, sampler).reduce((total, one) => total + one, 0);
    assert.ok(Math.abs(sum - 1) < 1e-9);
  }
  assert.deepEqual(distribution([], PLAIN), []);
});

test("log-probabilities stand for logits: a constant changes nothing", () => {
  const [a, b] = [[-1, -2, -3], [9, 8, 7]].map((logprobs) => distribution(logprobs, { ...PLAIN, temperature: 0.6, top_p: 0.9 }));
  for (const n of a.keys()) assert.ok(Math.abs(a[n] - b[n]) < 1e-12);
});

test("rows keep two ids of equal text apart, and a token from outside the list has its own", () => {
  const top = [[1, " cat", Math.log(0.6), 0.7], [2, " cat", Math.log(0.3), 0.3]];
  const inside = rows({ id: 2, text: " cat", logprob: Math.log(0.3), top });
  assert.deepEqual(inside.map(({ id, taken }) => [id, taken]), [[1, false], [2, true]]);
  const outside = rows({ id: 9, text: " dog", logprob: Math.log(0.01), top });
  assert.deepEqual(outside.map(({ id, p, taken }) => [id, p, taken]), [[1, 0.7, false], [2, 0.3, false], [9, 0, true]]);
  assert.ok(Math.abs(other(inside) - 0.1) < 1e-9);
  assert.ok(Math.abs(other(outside) - 0.09) < 1e-9);
});

test("shares that are tried take the place of those that were drawn from", () => {
  const top = [[1, "a", -0.1, 0.9], [2, "b", -2, 0.1]];
  assert.deepEqual(rows({ id: 1, text: "a", logprob: -0.1, top }, [1, 0]).map(({ p }) => p), [1, 0]);
});
