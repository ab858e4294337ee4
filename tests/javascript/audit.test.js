// What the audit's plots compute: points out of a table, and labels that don't cover each other.

import assert from "node:assert/strict";
import { test } from "node:test";

import { spread } from "../../frontend/static/safelens/audit/labels.js";
import { points } from "../../frontend/static/safelens/audit/points.js";

const cell = (dataset) => ({ dataset });

test("points are sorted within their series", () => {
  const found = points([
    cell({ series: "b", x: "2", y: "0.5" }),
    cell({ series: "a", x: "1", y: "0.25", low: "0.1", high: "0.4" }),
    cell({ series: "b", x: "1", y: "1" }),
  ]);
  assert.deepEqual(found, [
    { name: "b", points: [{ x: 1, y: 1, low: null, high: null, said: "1" }, { x: 2, y: 0.5, low: null, high: null, said: "2" }] },
    { name: "a", points: [{ x: 1, y: 0.25, low: 0.1, high: 0.4, said: "1" }] },
  ]);
});

test("days are read as midnight in UTC", () => {
  const [series] = points([cell({ series: "a", x: "2026-03-29", y: "1" })]);
  assert.equal(series.points[0].x, Date.UTC(2026, 2, 29));
});

test("what is no number is left out, and so is what is no point", () => {
  const strange = [cell({}), cell({ series: "a", x: "1", y: "nan" }), cell({ series: "a", x: "soon", y: "1" })];
  assert.deepEqual(points(strange), []);
});

test("a series may be called as any object's own property", () => {
  const names = ["__proto__", "constructor", "<b>"];
  assert.deepEqual(points(names.map((series) => cell({ series, x: "1", y: "1" }))).map((one) => one.name), names);
});

test("labels that have room stay where they belong", () => {
  assert.deepEqual(spread([10, 100, 50], 16, 200), [10, 100, 50]);
});

test("labels in one place are put below each other, in order", () => {
  assert.deepEqual(spread([100, 100, 100], 16, 200), [100, 116, 132]);
});

test("labels at the bottom are pushed up", () => {
  assert.deepEqual(spread([198, 199], 16, 200), [184, 200]);
});

test("any labels are a height apart", () => {
  let state = 7;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  for (let round = 0; round < 500; round += 1) {
    const wanted = Array.from({ length: 1 + Math.floor(random() * 8) }, () => random() * 200);
    const found = spread(wanted, 16, 200).sort((a, b) => a - b);
    assert.ok(Math.max(...found) <= 200 + 1e-9);
    found.slice(1).forEach((at, index) => assert.ok(at - found[index] >= 16 - 1e-9));
  }
});

test("nothing has no labels", () => {
  assert.deepEqual(spread([], 16, 200), []);
});
