import assert from "node:assert/strict";
import test from "node:test";

import { Changes } from "../../frontend/static/safelens/settings/changes.js";

test("a branch gets what was changed since its parent began, and nothing else", () => {
  let panel = { temperature: 1, k: 30, prefix: "Sure" };
  const changes = new Changes(() => panel);
  assert.deepEqual(changes.since("of before"), {});
  changes.begin("a");
  panel = { ...panel, temperature: 0.2, prefix: "No" };
  assert.deepEqual(changes.since("a"), { temperature: 0.2 });
  assert.deepEqual(changes.since("of before"), { temperature: 0.2 });
  changes.begin("b");
  assert.deepEqual(changes.since("b"), {});
  panel = { ...panel, temperature: 1 };
  assert.deepEqual(changes.since("a"), {});
  assert.deepEqual(changes.since("b"), { temperature: 1 });
});

test("a field that was emptied is left to the site again, and a wrong one changes nothing", () => {
  let panel = { seed: 7, k: 30 };
  const changes = new Changes(() => panel);
  panel = { k: 30 };
  assert.deepEqual(changes.since("a"), { seed: null });
  panel = null;
  assert.deepEqual(changes.since("a"), {});
});
