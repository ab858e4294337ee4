import assert from "node:assert/strict";
import test from "node:test";

import { Player } from "../../frontend/static/safelens/replay/player.js";
import { timeline } from "../../frontend/static/safelens/replay/timeline.js";

const steps = (...times) => times.map((t, i) => ({ i, t, text: `w${i}` }));
const run = (more = {}) => ({ at: null, steps: steps(100, 200, 300), nudges: [], retracted: [], reason: "length", ...more });
const told = (moments) => moments.map(({ t, steps, retracted, said }) => `${t}: ${steps}${retracted ? ` -${retracted}` : ""}${said ? ` ${said}` : ""}`);

/** A clock that goes on when it is told to. */
function clock() {
  const one = { time: 0, waiting: null, now: () => one.time, next: (act) => ((one.waiting = act), 1), cancel: () => (one.waiting = null) };
  one.pass = (ms) => {
    one.time += ms;
    const act = one.waiting;
    one.waiting = null;
    act?.();
  };
  return one;
}

test("each step has its moment, at its time, and the end is one", () => {
  assert.deepEqual(told(timeline(run())), ["0: 0", "100: 1", "200: 2", "300: 3", "300: 3 the end"]);
});

test("what was shared is there from the start, whatever time its own run gave it", () => {
  const moments = timeline(run({ at: 2, steps: steps(5000, 6000, 40, 80) }));
  assert.deepEqual(told(moments), ["0: 2", "40: 3", "80: 4", "80: 4 the end"]);
});

test("nudges and withdrawals come where they came", () => {
  const nudges = [{ at: 1, steps: 1 }];
  const retracted = [{ from: 0, to: 0, reason: "", after: 2 }];
  assert.deepEqual(told(timeline(run({ nudges, retracted, reason: "blocked" }))), [
    "0: 0", "100: 1", "200: 2 the guard put words in", "200: 2 -1 the guard took words back", "300: 3 -1", "300: 3 -1 stopped by the guard",
  ]);
});

test("a withdrawal among shared steps was over before", () => {
  const retracted = [{ from: 0, to: 0, reason: "", after: 1 }];
  assert.deepEqual(told(timeline(run({ at: 2, retracted }))).slice(0, 2), ["0: 2 -1", "300: 3 -1"]);
});

test("an answer without a step has a beginning and an end", () => {
  assert.deepEqual(told(timeline(run({ steps: [], reason: "failed" }))), ["0: 0", "0: 0 failed"]);
});

test("it plays in its own time, faster, slower, and stops at the end", () => {
  const time = clock();
  const player = new Player(timeline(run()), () => {}, time);
  player.play();
  time.pass(150);
  assert.equal(player.position, 1);
  player.speed = 0.25;
  time.pass(200);
  assert.equal(player.position, 2);
  player.speed = 16;
  time.pass(100);
  assert.deepEqual([player.position, player.isPlaying], [player.last, false]);
  player.play();
  assert.deepEqual([player.position, player.isPlaying], [0, true]);
});

test("a pause holds the time", () => {
  const time = clock();
  const player = new Player(timeline(run()), () => {}, time);
  player.play();
  time.pass(150);
  player.pause();
  time.pass(10_000);
  player.play();
  time.pass(10);
  assert.equal(player.position, 1);
  time.pass(40);
  assert.equal(player.position, 2);
});

test("stepping stops it; scrubbing does not", () => {
  const time = clock();
  const player = new Player(timeline(run()), () => {}, time);
  player.play();
  player.seek(2);
  assert.equal(player.isPlaying, true);
  time.pass(100);
  assert.equal(player.position, player.last);
  player.step(-1);
  assert.deepEqual([player.position, player.isPlaying], [player.last - 1, false]);
  player.step(-99);
  assert.equal(player.position, 0);
  player.seek(NaN);
  assert.ok(Number.isNaN(player.position) === false);
});

test("instantly is at once, in the middle of playing too", () => {
  const time = clock();
  const player = new Player(timeline(run()), () => {}, time);
  player.play();
  player.speed = Infinity;
  assert.deepEqual([player.position, player.isPlaying], [player.last, false]);
  player.play();
  assert.equal(player.position, player.last);
});
