import assert from "node:assert/strict";
import test from "node:test";

import { Allowance } from "../../frontend/static/safelens/stream/allowance.js";

const NOW = new Date(2026, 10, 21, 13, 30);
const RESETS = new Date(2026, 10, 21, 14, 0).toISOString();

/** @param {number} remaining @param {number} [limit] */
function allowance(remaining, limit = 100, resets = RESETS) {
  const made = new Allowance();
  made.set({ runs_per_hour: { limit, remaining, resets } });
  return made;
}

test("plenty isn't worth a word", () => {
  assert.equal(allowance(50).sentence(NOW), "");
  assert.equal(new Allowance().sentence(NOW), "");
});

test("few are told, with when there will be more", () => {
  assert.equal(allowance(7).sentence(NOW), "7 runs left, more at 14:00.");
  assert.equal(allowance(1).sentence(NOW), "1 run left, more at 14:00.");
  assert.equal(allowance(0).sentence(NOW), "No runs left, more at 14:00.");
});

test("each run that begins counts", () => {
  const made = allowance(11);
  assert.equal(made.sentence(NOW), "");
  for (let run = 0; run < 12; run++) made.spend();
  assert.equal(made.sentence(NOW), "No runs left, more at 14:00.");
  made.set({ runs_per_hour: { limit: 100, remaining: 9, resets: RESETS } });
  assert.equal(made.sentence(NOW), "9 runs left, more at 14:00.");
});

test("a small limit isn't called few before half of it is used", () => {
  assert.equal(allowance(4, 5).sentence(NOW), "");
  assert.equal(allowance(2, 5).sentence(NOW), "2 runs left, more at 14:00.");
});

test("what is past is told no more, and nonsense not at all", () => {
  assert.equal(allowance(3).sentence(new Date(2026, 10, 21, 14, 1)), "");
  assert.equal(allowance(3, 100, "soon").sentence(NOW), "3 runs left.");
  const made = new Allowance();
  made.set({ runs_per_hour: "many" });
  assert.equal(made.sentence(NOW), "");
});
