import assert from "node:assert/strict";
import test from "node:test";

import { Loading } from "../../frontend/static/safelens/stream/loading.js";

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

test("nobody waits any more: what was said before isn't, and it is asked once more", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  let state = "loading";
  context.mock.method(globalThis, "fetch", async () => (asked++, { json: async () => ({ state }) }));
  const loading = new Loading("/model/", () => {});
  loading.watch(true);
  context.mock.timers.tick(1000);
  await settled();
  assert.equal(loading.word, "loading");
  loading.watch(false);
  assert.equal(loading.word, "");
  state = "ready";
  for (let n = 0; n < 5; n++) {
    context.mock.timers.tick(3000);
    await settled();
  }
  assert.equal(loading.word, "");
  assert.equal(asked, 2);
});

test("a page that opens asks until nothing keeps the model, and then no more", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const told = [];
  const states = ["checking", "checking", "3 before you"];
  context.mock.method(globalThis, "fetch", async () => ({ json: async () => ({ state: states.shift() }) }));
  const loading = new Loading("/model/", () => told.push(loading.word));
  loading.start();
  for (let n = 0; n < 5; n++) {
    context.mock.timers.tick(n ? 3000 : 0);
    await settled();
  }
  assert.deepEqual(told, ["checking", ""]);
  assert.deepEqual(states, []);
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
