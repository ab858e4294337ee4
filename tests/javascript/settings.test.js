import assert from "node:assert/strict";
import test from "node:test";

import { FIELDS, given, wrong } from "../../frontend/static/safelens/settings/settings.js";

const DEFAULTS = { max_new_tokens: "100", temperature: "1", k: "30", top_p: "1", min_p: "0", delay: "0", seed: "" };

test("the defaults are sent as numbers, and an empty seed not at all", () => {
  assert.deepEqual(given(DEFAULTS), { max_new_tokens: 100, temperature: 1, k: 30, top_p: 1, min_p: 0, delay: 0 });
});

test("a seed and a prefix are sent when there are any", () => {
  const sent = given({ ...DEFAULTS, seed: "0", prefix: "Once" });
  assert.equal(sent.seed, 0);
  assert.equal(sent.prefix, "Once");
});

test("each limit is in, and what lies beyond it is out", () => {
  assert.equal(wrong("k", "1") + wrong("k", "50") + wrong("temperature", "0") + wrong("top_p", "1"), "");
  for (const [name, text] of [["k", "0"], ["k", "51"], ["k", "2.5"], ["top_p", "0"], ["top_p", "1.01"], ["delay", "-1"]]) {
    assert.match(wrong(name, text), /must be a (whole )?number/, `${name} ${text}`);
  }
});

test("what is no number is told", () => {
  for (const text of ["", " ", "ten", "1e999", "NaN", "1,5"]) {
    assert.equal(wrong("temperature", text), "Temperature must be a number from 0 to 10.", text);
  }
});

test("a seed that the browser can't count exactly is told", () => {
  assert.equal(wrong("seed", String(Number.MAX_SAFE_INTEGER)), "");
  assert.notEqual(wrong("seed", "9007199254740993"), "");
});

test("nothing is sent while something is wrong", () => {
  assert.throws(() => given({ ...DEFAULTS, min_p: "2" }), /Min-p/);
  assert.throws(() => given({}), RangeError);
  assert.ok(Object.keys(FIELDS).length > 5);
});

test("an untouched guard, an empty tau and the default model are left to the site", () => {
  const sent = given({ ...DEFAULTS, guard: "", tau: "", model: "" });
  assert.deepEqual(Object.keys(sent).filter((name) => ["guard", "tau", "model"].includes(name)), []);
});

test("a guard that was switched, a tau and a model are sent", () => {
  const { guard, tau, model } = given({ ...DEFAULTS, guard: "off", tau: "0.4", model: "other" });
  assert.deepEqual([guard, tau, model], [false, 0.4, "other"]);
  assert.equal(given({ ...DEFAULTS, guard: "on" }).guard, true);
  assert.match(wrong("tau", "1.1"), /Tau must be a number from 0 to 1/);
});
