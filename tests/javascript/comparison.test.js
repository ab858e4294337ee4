import assert from "node:assert/strict";
import test from "node:test";

import { comparison, meanProbability } from "../../frontend/static/safelens/compare/comparison.js";
import { twin } from "../../frontend/static/safelens/compare/twin.js";

const SETTINGS = { model: "m", temperature: 1, seed: 3, guard: null };
const step = (i, id, p = 0.5, more = {}) =>
  ({ i, id, text: ` w${id}`, origin: "sampled", logprob: Math.log(p), top: [[id, ` w${id}`, Math.log(p), p]], ...more });
const run = (ids, more = {}) =>
  ({ id: "r", at: null, settings: SETTINGS, steps: ids.map((id, i) => step(i, id)), retracted: [], nudges: [], ...more });

test("the first difference has the probability that each path gave the other's token", () => {
  const [a, b] = [run([1, 2, 3]), run([1, 9, 3])];
  a.steps[1].top.push([9, " w9", Math.log(0.2), 0.2]);
  const { parting, hunks } = comparison(a, b);
  assert.equal(parting.at, 1);
  assert.equal(parting.a.id, 2);
  assert.ok(Math.abs(parting.otherInA - 0.2) < 1e-9);
  assert.equal(parting.otherInB, null);
  assert.equal(hunks.length, 3);
});

test("one that ends earlier parts there", () => {
  const { parting } = comparison(run([1, 2]), run([1, 2, 3]));
  assert.deepEqual([parting.at, parting.a, parting.b.id], [2, null, 3]);
  assert.equal(comparison(run([1]), run([1])).parting, null);
  assert.deepEqual(comparison(run([]), run([])).hunks, []);
});

test("what was withdrawn is no part of the text", () => {
  const a = run([1, 5, 6, 2], { retracted: [{ from: 1, to: 2, reason: "", after: 3 }] });
  assert.equal(comparison(a, run([1, 2])).parting, null);
});

test("ids of two models aren't compared, their texts are", () => {
  const b = run([1, 2], { settings: { ...SETTINGS, model: "n" } });
  b.steps[1] = step(1, 77, 0.5, { text: " w2" });
  const { parting, settings } = comparison(run([1, 2]), b);
  assert.equal(parting, null);
  assert.deepEqual(settings, [["model", "m", "n"]]);
});

test("settings that differ are named as a person would", () => {
  const other = run([1], { settings: { ...SETTINGS, guard: false, temperature: 0.5, prefix: "x" } });
  assert.deepEqual(comparison(run([1]), other).settings, [["temperature", "1", "0.5"], ["guard", "as the site says", "off"]]);
});

test("the mean is that of the log-probabilities", () => {
  assert.ok(Math.abs(meanProbability([step(0, 1, 0.1), step(1, 2, 0.4)]) - 0.2) < 1e-9);
  assert.equal(meanProbability([]), null);
});

test("the guard is switched where it looked, from the first token that was drawn, with the same seed", () => {
  const guarded = run([1, 2]);
  guarded.steps[1].guard = { safety: 0.2 };
  assert.deepEqual(twin(guarded, false), { at: 0, settings: { ...SETTINGS, guard: false }, guard: false });
  const branch = { ...guarded, at: 1, steps: [step(0, 1), step(1, 2, 0.5, { origin: "edit" }), step(2, 3, 0.5, { guard: { safety: 0.1 } })] };
  assert.equal(twin(branch, false).at, 2);
});

test("it is switched on only where one is there, and never where nothing was drawn", () => {
  assert.equal(twin(run([1]), false), null);
  assert.equal(twin(run([1]), true).settings.guard, true);
  const given = run([1]);
  given.steps[0].origin = "given";
  assert.equal(twin(given, true), null);
});
