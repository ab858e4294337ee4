import assert from "node:assert/strict";
import { test } from "node:test";
import { enclosed } from "../../frontend/static/safelens/sharing/enclosed.js";

const step = (i, text) => ({ i, text });
const steps = (run, ...list) => ({ type: "steps", run, steps: list });
const runs = new Map(
  [
    { id: "root", parent: null, at: null },
    { id: "branch", parent: "root", at: 2 },
    { id: "twig", parent: "branch", at: 3 },
    { id: "early", parent: "branch", at: 1 },
    { id: "orphan", parent: "gone", at: 2 },
  ].map((run) => [run.id, run]),
);
const FILE = {
  root: [
    { type: "started", run: "root" },
    steps("root", step(0, "a"), step(1, "b")),
    { type: "nudge", run: "root", at: 1, steps: 1 },
    { type: "retract", run: "root", from: 1, to: 4 },
    steps("root", step(2, "c"), step(3, "d")),
    { type: "nudge", run: "root", at: 3, steps: 1 },
    { type: "finished", run: "root" },
  ],
  branch: [steps("branch", step(2, "C"), step(3, "D")), { type: "finished", run: "branch" }],
  twig: [steps("twig", step(3, "!")), { type: "finished", run: "twig" }],
  early: [steps("early", step(1, "?")), { type: "finished", run: "early" }],
  orphan: [steps("orphan", step(0, "x")), { type: "finished", run: "orphan" }],
};
const told = (id) => enclosed(runs, (run) => FILE[run], id);
const text = (id) => told(id).filter(({ type }) => type === "steps").flatMap((message) => message.steps).map((one) => one.text).join("");

test("a run of its own is told as the file has it", () => {
  assert.deepEqual(told("root"), FILE.root);
});

test("a branch begins with its parent's steps, and theirs", () => {
  assert.equal(text("branch"), "abCD");
  assert.equal(text("twig"), "abC!");
  assert.equal(text("early"), "a?");
});

test("every message is its own, and it ends once", () => {
  for (const id of ["branch", "twig", "early"]) {
    assert.ok(told(id).every(({ run }) => run === id));
    assert.equal(told(id).filter(({ type }) => type === "finished").length, 1);
    assert.equal(told(id).filter(({ type }) => type === "started").length, 0);
  }
});

test("what the guard did to the shared steps comes along, and nothing else that it did", () => {
  const guarded = (id) => told(id).filter(({ type }) => type === "nudge" || type === "retract");
  assert.deepEqual(guarded("branch").map(({ type, at, from }) => [type, at ?? from]), [["nudge", 1], ["retract", 1]]);
  assert.deepEqual(guarded("early"), []);
});

test("a branch whose parent isn't in the file has all its steps itself", () => {
  assert.equal(text("orphan"), "x");
});
