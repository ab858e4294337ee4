import assert from "node:assert/strict";
import test from "node:test";

import { BOX, treeLayout } from "../../frontend/static/safelens/tree/layout.js";
import { treeNodes } from "../../frontend/static/safelens/tree/nodes.js";

const turn = (id, follows = null) => ({ id, follows, text: id, system: "" });
const run = (id, of, parent = null, at = null, total = 10, more = {}) =>
  ({ id, turn: of, parent, at, total, steps: [], deleted: null, logprob: null, ...more });
/** Each node with its parent: `a 0-4 < turn t`. */
const told = (nodes) => nodes.map((node) => {
  const name = (one) => (one.turn ? `turn ${one.turn.id}` : `${one.run.id} ${one.from}-${one.to}`);
  return node.parent ? `${name(node)} < ${name(node.parent)}` : name(node);
});
const nodesOf = (runs, turns = [turn("t")]) => treeNodes(turns, runs);

test("a stretch is split where branches leave", () => {
  const nodes = nodesOf([run("a", "t"), run("b", "t", "a", 4), run("c", "t", "a", 7)]);
  assert.deepEqual(told(nodes), [
    "turn t", "a 0-4 < turn t", "a 4-7 < a 0-4", "a 7-10 < a 4-7", "b 4-10 < a 0-4", "c 7-10 < a 4-7",
  ]);
  assert.deepEqual(nodes.map((node) => node.answers), [3, 3, 2, 1, 1, 1]);
  assert.deepEqual(nodes.map((node) => node.isEnd), [false, false, false, true, true, true]);
});

test("a branch hangs on the run whose step it shares last, not on the one that it was asked of", () => {
  const nodes = nodesOf([run("a", "t"), run("b", "t", "a", 6), run("c", "t", "b", 3)]);
  assert.deepEqual(told(nodes).filter((line) => line.startsWith("c")), ["c 3-10 < a 0-3"]);
});

test("a branch from the start, and one that goes on from the end", () => {
  const nodes = nodesOf([run("a", "t"), run("b", "t", "a", 0), run("c", "t", "a", 10, 15)]);
  assert.deepEqual(told(nodes), ["turn t", "a 0-10 < turn t", "b 0-10 < turn t", "c 10-15 < a 0-10"]);
  assert.equal(nodes[1].isEnd, true);
});

test("a question hangs on the answer that it follows, and siblings on the same", () => {
  const runs = [run("a", "t"), run("b", "u"), run("c", "v")];
  const nodes = nodesOf(runs, [turn("t"), turn("u", "a"), turn("v", "a")]);
  assert.deepEqual(told(nodes), ["turn t", "a 0-10 < turn t", "turn u < a 0-10", "turn v < a 0-10", "b 0-10 < turn u", "c 0-10 < turn v"]);
});

test("of a deleted run only what others share is left, and nothing of a deleted turn", () => {
  const gone = { deleted: "2026-01-01" };
  const runs = [run("a", "t", null, null, 10, gone), run("b", "t", "a", 4), run("c", "t", "a", 7, 10, gone), run("d", "u", null, null, 5, gone)];
  assert.deepEqual(told(nodesOf(runs, [turn("t"), turn("u", "b")])), ["turn t", "a 0-4 < turn t", "b 4-10 < a 0-4"]);
  assert.deepEqual(nodesOf(runs.map((one) => ({ ...one, ...gone }))), []);
});

test("an answer that waits has a place although it has no step", () => {
  assert.deepEqual(told(nodesOf([run("a", "t", null, null, 0)])), ["turn t", "a 0-0 < turn t"]);
});

test("siblings stand in the order of time, or of how sure the model was", () => {
  const runs = [run("a", "t"), run("b", "t", null, null, 10, { logprob: -0.1 }), run("c", "t", null, null, 10, { logprob: -2 })];
  const nodes = nodesOf(runs);
  const order = (by) => [...treeLayout(nodes, by, (node) => node.run?.logprob ?? null).values()]
    .filter((place) => place.node.run).sort((p, q) => p.x - q.x).map((place) => place.node.run.id);
  assert.deepEqual(order("time"), ["a", "b", "c"]);
  assert.deepEqual(order("probability"), ["b", "c", "a"]);
});

test("no two boxes lie over each other in a tree of two thousand runs, and it is laid out at once", () => {
  const runs = [run("r0", "t", null, null, 100)];
  for (let i = 1; i < 2000; i++) runs.push(run(`r${i}`, "t", `r${(i * 7919) % i}`, 1 + ((i * 31) % 99), 100));
  const began = performance.now();
  const nodes = nodesOf(runs);
  const places = treeLayout(nodes, "time", () => null);
  assert.ok(performance.now() - began < 1000);
  assert.equal(nodes[0].answers, 2000);
  assert.equal(nodes.filter((node) => node.isEnd).length, 2000);
  const rows = new Map();
  for (const { x, y } of places.values()) rows.set(y, [...(rows.get(y) ?? []), x]);
  for (const row of rows.values()) {
    row.sort((a, b) => a - b);
    for (let i = 1; i < row.length; i++) assert.ok(row[i] - row[i - 1] >= BOX.width);
  }
});

test("a line of two thousand continuations needs no deep stack", () => {
  const runs = [run("r0", "t")];
  for (let i = 1; i < 2000; i++) runs.push(run(`r${i}`, "t", `r${i - 1}`, 10 * i, 10 * i + 10));
  const nodes = nodesOf(runs);
  assert.equal(nodes.length, 2001);
  assert.equal(treeLayout(nodes, "probability", () => null).size, 2001);
});
