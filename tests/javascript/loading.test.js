import assert from "node:assert/strict";
import test from "node:test";

import { Loading } from "../../frontend/static/safelens/loading.js";

/** Lets what was promised happen. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("it asks while somebody waits, and tells each change once", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const asked = [];
  let state = "loading 40 %";
  context.mock.method(globalThis, "fetch", async (/** @type {string} */ address) => {
    asked.push(address);
    return { json: async () => ({ state }) };
  });
  /** @type {string[]} */
  const told = [];
  const loading = new Loading("/model/", () => told.push(loading.word));

  loading.watch(false);
  context.mock.timers.tick(5000);
  assert.deepEqual(asked, []);

  loading.watch(true);
  loading.watch(true); // each frame says it again
  for (const now of ["loading 40 %", "loading 40 %", "loading 80 %", "ready"]) {
    state = now;
    context.mock.timers.tick(1000);
    await settled();
  }
  assert.deepEqual(asked, Array(4).fill("/model/"));
  assert.deepEqual(told, ["loading 40 %", "loading 80 %", ""]);
});

test("nobody waits any more: nothing is asked, and nothing of before is said", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  context.mock.method(globalThis, "fetch", async () => ({ json: async () => ({ state: "loading" }) }));
  const loading = new Loading("/model/", () => {});
  loading.watch(true);
  context.mock.timers.tick(1000);
  await settled();
  assert.equal(loading.word, "loading");
  loading.watch(false);
  context.mock.timers.tick(5000);
  await settled();
  assert.equal(loading.word, "");
});

test("a site that doesn't answer is asked again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let away = true;
  context.mock.method(globalThis, "fetch", async () => {
    if (away) throw new TypeError("no network");
    return { json: async () => ({ state: "loading 10 %" }) };
  });
  const loading = new Loading("/model/", () => {});
  loading.watch(true);
  context.mock.timers.tick(1000);
  await settled();
  assert.equal(loading.word, "");
  away = false;
  context.mock.timers.tick(1000);
  await settled();
  assert.equal(loading.word, "loading 10 %");
});
