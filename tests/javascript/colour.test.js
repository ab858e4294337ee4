import assert from "node:assert/strict";
import test from "node:test";

import { tint } from "../../frontend/static/safelens/colour.js";

test("doubt glows and certainty is plain", () => {
  assert.deepEqual([1, 0.8, 0.79, 0.5, 0.49, 0.2, 0.19, 0.05, 0.049, 0].map(tint), [
    "", "", "t1", "t1", "t2", "t2", "t3", "t3", "t4", "t4",
  ]);
});
