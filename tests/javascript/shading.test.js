import assert from "node:assert/strict";
import test from "node:test";

import { borders } from "../../frontend/static/safelens/shading/borders.js";
import { cuts } from "../../frontend/static/safelens/shading/cuts.js";
import { level } from "../../frontend/static/safelens/shading/level.js";
import { measure } from "../../frontend/static/safelens/shading/measure.js";
import { Shading } from "../../frontend/static/safelens/shading/shading.js";

const step = (p, more = {}) => ({ logprob: Math.log(p), rank: 0, entropy: 1, top: [[1, "a", 0, 1]], ...more });
const display = (chosen) => ({ get: (name) => ({ mode: "probability", scale: "linear", whitespace: "hidden", ...chosen })[name] });
const MODES = ["probability", "surprisal", "entropy", "rank", "guard"];
const SCALES = ["linear", "log", "quantile"];

test("each mode measures its own, in its unit", () => {
  const one = step(0.25, { rank: 3, entropy: 2.5, guard: { a: 0.2, b: 0.7 } });
  const found = ["probability", "surprisal", "entropy", "rank", "guard", "none"].map((mode) => measure(one, mode));
  assert.ok(Math.abs(found[0] - 0.25) < 1e-12);
  assert.deepEqual(found.slice(1), [2, 2.5, 4, 0.7, null]);
  assert.equal(measure(step(0.5), "guard"), null);
});

test("doubt glows and certainty is plain", () => {
  const at = cuts("probability", "linear");
  assert.deepEqual([1, 0.8, 0.79, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0].map((p) => level(p, "probability", at)), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
});

test("ranks have GLTR's classes, whatever the scale", () => {
  for (const scale of SCALES) {
    const found = [1, 2, 10, 11, 100, 101, 1000, 1001, 50_000].map((rank) => level(rank, "rank", cuts("rank", scale)));
    assert.deepEqual(found, [0, 1, 1, 2, 2, 3, 3, 4, 4]);
  }
});

test("by quantile each tint has a fifth, the least probable the strongest", () => {
  const values = Array.from({ length: 1000 }, (_, n) => ((n * 617) % 1000) / 1000);
  for (const mode of ["probability", "surprisal"]) {
    const at = cuts(mode, "quantile", values);
    const counts = [0, 0, 0, 0, 0];
    for (const value of values) counts[level(value, mode, at)]++;
    for (const count of counts) assert.ok(Math.abs(count - 200) <= 1, `${mode}: ${counts}`);
    assert.equal(level(0, mode, at), mode === "probability" ? 4 : 0);
  }
});

test("equal values have one tint, and no values none", () => {
  const at = cuts("entropy", "quantile", Array(100).fill(1.5));
  assert.equal(level(1.5, "entropy", at), 0);
  assert.deepEqual(cuts("guard", "quantile", []), []);
});

test("borders rise with doubt, and each tint has its words", () => {
  for (const mode of MODES) {
    for (const scale of ["linear", "log"]) {
      const at = cuts(mode, scale);
      const sorted = [...at].sort((a, b) => (mode === "probability" ? b - a : a - b));
      assert.deepEqual(at, sorted);
      assert.equal(new Set(borders(mode, at)).size, 5);
    }
  }
  assert.deepEqual(borders("probability", cuts("probability", "linear")), ["over 80 %", "60–80 %", "40–60 %", "20–40 %", "under 20 %"]);
  assert.deepEqual(borders("none", []), []);
});

test("a token under 50 % has its second sign whatever the colours say", () => {
  assert.match(new Shading(display({ mode: "rank" })).classes(step(0.3)), /low/);
  assert.doesNotMatch(new Shading(display({ mode: "rank" })).classes(step(0.6)), /low/);
  assert.equal(new Shading(display({ mode: "none" })).classes(step(0.01)), " low");
});

test("what no guard looked at isn't tinted", () => {
  assert.equal(new Shading(display({ mode: "guard" })).classes(step(0.9)), "");
  assert.equal(new Shading(display({ mode: "guard" })).classes(step(0.9, { guard: { a: 0.9 } })), "t4");
});

test("quantiles are found anew when twice as much is shown, and at the end", () => {
  const shading = new Shading(display({ scale: "quantile" }));
  const shown = (count) => [Array.from({ length: count }, (_, n) => step((n + 1) / (count + 1)))];
  assert.equal(shading.isStale(7, false), false);
  assert.equal(shading.isStale(16, false), true);
  assert.equal(shading.find(shown(16)), true);
  assert.equal(shading.isStale(31, false), false);
  assert.equal(shading.isStale(31, true), true);
  shading.find(shown(31));
  assert.equal(shading.isStale(31, true), false);
});
