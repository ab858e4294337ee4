import assert from "node:assert/strict";
import test from "node:test";

import { Store } from "../../frontend/static/safelens/study/store.js";

const SETTINGS = { temperature: 1 };

/** A run as `accepted` brings it. */
const run = (id, parent = null, at = null, more = {}) =>
  ({ id, study: "s", parent, at, prompt: "Hi", settings: SETTINGS, status: "queued", reason: null, steps: at ?? 0, ...more });
const steps = (id, from, to, word = id) => ({
  type: "steps",
  run: id,
  steps: Array.from({ length: to - from }, (_, n) => ({ i: from + n, id: 7, text: `${word}${from + n} ` })),
});
const finished = (id, count, reason = "length") => ({ type: "finished", run: id, reason, steps: count });
const text = (store, id) => store.runs.get(id).steps.map((step) => step.text).join("");
const path = (store) => store.path().map((passage) => passage.run.id);

/** A run of ten steps. */
function begun() {
  const store = new Store();
  store.accept(run("a"), null);
  store.take(steps("a", 0, 10));
  store.take(finished("a", 10));
  return store;
}

test("steps are taken once and in order, whatever is sent again", () => {
  const store = new Store();
  store.accept(run("a"), null);
  assert.equal(store.take(steps("a", 0, 4)), false);
  assert.equal(store.take(steps("a", 2, 6)), false);
  assert.equal(text(store, "a"), "a0 a1 a2 a3 a4 a5 ");
});

test("a hole is told, and nothing behind it is taken", () => {
  const store = new Store();
  store.accept(run("a"), null);
  store.take(steps("a", 0, 2));
  assert.equal(store.take(steps("a", 3, 5)), true);
  assert.equal(store.runs.get("a").steps.length, 2);
});

test("a branch shares its parent's steps and is shown beside it", () => {
  const store = begun();
  store.accept(run("b", "a", 4), null);
  store.take(steps("b", 4, 6));
  assert.equal(text(store, "b"), "a0 a1 a2 a3 b4 b5 ");
  assert.deepEqual(path(store), ["b"]);
  assert.deepEqual(store.forks("b"), [{ at: 4, n: 2, runs: ["a", "b"] }]);
  store.show("a");
  assert.deepEqual(store.forks("a"), [{ at: 4, n: 1, runs: ["a", "b"] }]);
});

test("equal text doesn't make two branches one", () => {
  const store = begun();
  store.accept(run("b", "a", 4), null);
  store.take(steps("b", 4, 6, "a"));
  assert.equal(store.shared("a", "b"), 4);
  assert.equal(store.forks("b")[0].runs.length, 2);
});

test("branches of branches part where they part", () => {
  const store = begun();
  store.accept(run("b", "a", 4), null);
  store.accept(run("c", "b", 6), null);
  store.accept(run("d", "b", 2), null);
  assert.equal(store.shared("a", "c"), 4);
  assert.equal(store.shared("c", "b"), 6);
  assert.equal(store.shared("c", "d"), 2);
  assert.equal(store.shared("d", "a"), 2);
  assert.deepEqual(store.forks("c"), [
    { at: 2, n: 1, runs: ["c", "d"] },
    { at: 4, n: 2, runs: ["a", "c"] },
    { at: 6, n: 2, runs: ["b", "c"] },
  ]);
});

test("three ways from one place are in the order in which they were made", () => {
  const store = begun();
  store.accept(run("b", "a", 4), null);
  store.accept(run("c", "a", 4), null);
  store.show("b");
  assert.deepEqual(store.forks("b"), [{ at: 4, n: 2, runs: ["a", "b", "c"] }]);
});

test("going on from the end is a way of its own", () => {
  const store = begun();
  store.accept(run("b", "a", 10), null);
  assert.deepEqual(store.forks("a"), [{ at: 10, n: 1, runs: ["a", "b"] }]);
});

test("a fork leads back to the branch that was looked at last", () => {
  const store = begun();
  store.accept(run("b", "a", 4), null);
  store.accept(run("c", "b", 8), null);
  store.show("b");
  store.show("a");
  assert.deepEqual(store.forks("a"), [{ at: 4, n: 1, runs: ["a", "b"] }]);
});

test("a turn follows the run that it was asked after", () => {
  const store = begun();
  store.accept({ ...run("n"), prompt: "More" }, "a");
  assert.deepEqual(path(store), ["a", "n"]);
  store.accept(run("b", "a", 4), null);
  assert.deepEqual(path(store), ["b"]);
  store.show("n");
  assert.deepEqual(path(store), ["a", "n"]);
});

test("two questions at one place are a fork of turns", () => {
  const store = begun();
  store.accept(run("other"), null);
  assert.deepEqual(store.path()[0].turnFork, { at: 0, n: 2, runs: ["a", "other"] });
});

test("an outline opens at the newest run and keeps what has come already", () => {
  const store = new Store();
  const line = (id, turn, parent, at) => ({ ...run(id, parent, at), turn, message: null, steps: 10 });
  const outline = {
    id: "s",
    title: "T",
    turns: [{ id: "t1", follows: null, text: "Hi", system: "" }, { id: "t2", follows: "b", text: "More", system: "" }],
    runs: [line("a", "t1", null, null), line("b", "t1", "a", 3), line("c", "t2", null, null)],
  };
  store.load(outline);
  assert.deepEqual(path(store), ["b", "c"]);
  store.take(steps("b", 0, 3));
  store.show("a");
  store.load(outline);
  assert.deepEqual(path(store), ["a"]);
  assert.equal(store.runs.get("b").steps.length, 3);
});

test("the life of a run is followed", () => {
  const store = new Store();
  store.accept(run("a"), null);
  store.take({ type: "queued", run: "a", position: 3 });
  assert.equal(store.runs.get("a").position, 3);
  store.take({ type: "started", run: "a", prompt_tokens: 1, reused_tokens: 0 });
  assert.equal(store.runs.get("a").status, "running");
  store.take(steps("a", 0, 5));
  store.take({ type: "retract", run: "a", from: 2, to: 3, reason: "No." });
  assert.equal(store.runs.get("a").retracted.length, 1);
  store.take({ ...finished("a", 5, "failed"), message: "Ask again." });
  assert.deepEqual([store.runs.get("a").status, store.runs.get("a").message], ["finished", "Ask again."]);
});

test("what was taken back is forgotten, here and in the branches that share it", () => {
  const store = begun();
  store.accept(run("b", "a", 4), null);
  store.take(steps("b", 4, 6));
  store.accept(run("c", "a", 1), null);
  store.take({ type: "retract", run: "a", from: 2, to: 8, reason: "No." });
  assert.equal(text(store, "a"), "a0 a1 a9 ");
  assert.equal(text(store, "b"), "a0 a1 b4 b5 ");
  assert.deepEqual(store.runs.get("b").retracted.map(({ from, to }) => [from, to]), [[2, 3]]);
  assert.deepEqual(store.runs.get("c").retracted, []);
  assert.deepEqual(store.runs.get("a").steps[2].id, -1);
  assert.deepEqual(store.runs.get("a").steps[2].top, []);
  assert.equal(store.runs.get("a").struck.size, 0);
});

test("a member of staff keeps it, apart from the text", () => {
  const store = new Store();
  store.strikes = true;
  store.accept(run("a"), null);
  store.take(steps("a", 0, 6));
  store.take({ type: "retract", run: "a", from: 3, to: 4, reason: "No." });
  assert.equal(text(store, "a"), "a0 a1 a2 a5 ");
  assert.deepEqual([...store.runs.get("a").struck], [[3, "a3 "], [4, "a4 "]]);
  store.accept(run("b", "a", 4), null);
  assert.deepEqual([...store.runs.get("b").struck], [[3, "a3 "]]);
});

test("a message about a run that isn't known changes nothing", () => {
  const store = begun();
  assert.equal(store.take(steps("stranger", 5, 9)), false);
  assert.equal(store.runs.size, 1);
});

test("ten times as many branches aren't a hundred times the work", () => {
  /** @param {number} count */
  const spent = (count) => {
    const store = begun();
    for (let n = 0; n < count; n++) store.accept(run(`r${n}`, n ? `r${n - 1}` : "a", n % 10), null);
    const before = process.cpuUsage();
    assert.ok(store.forks(`r${count - 1}`).length > 0);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  // The quickest of several: the first ones also compile, and a busy machine can only make one slower.
  const least = (/** @type {number} */ count) => Math.min(...Array.from({ length: 8 }, () => spent(count)));
  const few = least(200);
  const many = least(2000);
  assert.ok(many < 60 * Math.max(few, 100), `${many} µs for 2,000, ${few} µs for 200`);
});
