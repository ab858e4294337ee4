import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { machine, quantised } from "../../frontend/static/safelens/guard/rules.js";
import { trace } from "../../frontend/static/safelens/guard/trace.js";

const CASES = JSON.parse(readFileSync(new URL("rules.cases.json", import.meta.url), "utf8"));

test("the page's rules say what the policies say, place by place", () => {
  assert.ok(CASES.length >= 100);
  for (const { rule, threshold, tape, statistics, crossings } of CASES) {
    const judged = tape.map((/** @type {any} */ one) => ({ ...one, score: one.score ?? undefined }));
    const found = trace(rule, threshold, judged);
    const label = JSON.stringify(rule);
    assert.deepEqual(found.crossings, crossings, `${label} at ${threshold}`);
    for (const [place, statistic] of statistics.entries()) {
      if (statistic === null) assert.equal(found.statistics[place], null, label);
      else assert.ok(Math.abs((found.statistics[place] ?? NaN) - statistic) < 1e-9, `${label} at place ${place}`);
    }
  }
});

test("a score that was read back has its level again", () => {
  for (const level of [0, 1, 777, 40000, 65533]) {
    assert.equal(quantised(Number((level / 65533).toFixed(5))), level / 65533);
  }
});

test("a rule that the page doesn't know is said, not guessed", () => {
  assert.throws(() => machine({ kind: "oracle" }), /oracle/);
});
