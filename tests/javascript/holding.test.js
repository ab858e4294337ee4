import assert from "node:assert/strict";
import test from "node:test";

import { Holding } from "../../frontend/static/safelens/study/holding.js";

const line = (id, count, more = {}) => ({ id, at: null, status: "finished", steps: Array(count).fill({}), ...more });
const path = (...runs) => runs.map((run) => ({ run }));

test("of what isn't shown, the runs shown last stay", () => {
  const holding = new Holding();
  const runs = ["a", "b", "c", "d"].map((id) => line(id, 700));
  for (const run of runs) holding.settle(path(run));
  assert.deepEqual(runs.map((run) => run.steps.length), [0, 700, 700, 700]);
});

test("what is shown stays, however long", () => {
  const holding = new Holding();
  const [first, second] = [line("a", 5000), line("b", 5000)];
  holding.settle(path(first, second));
  assert.deepEqual([first.steps.length, second.steps.length], [5000, 5000]);
});

test("what runs, or is needed, stays", () => {
  const holding = new Holding();
  const [running, needed, other] = [line("a", 5000, { status: "running" }), line("b", 5000), line("c", 1)];
  holding.needed.add("b");
  for (const run of [running, needed, other]) holding.settle(path(run));
  assert.deepEqual([running.steps.length, needed.steps.length], [5000, 5000]);
  holding.needed.delete("b");
  holding.settle(path(line("d", 1)));
  assert.equal(needed.steps.length, 0);
});

test("a branch's shared steps count for its parent alone", () => {
  const holding = new Holding();
  const runs = ["a", "b", "c"].map((id) => line(id, 1600, { at: 1500 }));
  for (const run of runs) holding.settle(path(run));
  assert.deepEqual(runs.map((run) => run.steps.length), [1600, 1600, 1600]);
});
