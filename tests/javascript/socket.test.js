import assert from "node:assert/strict";
import test, { afterEach, beforeEach } from "node:test";

import { Refused, Socket } from "../../frontend/static/safelens/stream/socket.js";

/** Sockets as a browser would make them; the test plays the server. */
class Wire {
  static OPEN = 1;
  static made = [];
  readyState = 1;
  sent = [];
  constructor(address) {
    this.address = address;
    Wire.made.push(this);
  }
  send(frame) {
    this.sent.push(JSON.parse(frame));
  }
  close() {}
  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
  drop(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

const HELLO = { type: "hello", protocol: 1, user: "ann", models: ["m"], limits: {} };
const steps = (run, from, to) => ({
  type: "steps",
  run,
  steps: Array.from({ length: to - from }, (_, n) => ({ i: from + n })),
});

let messages, states, socket;

beforeEach(() => {
  Wire.made = [];
  messages = [];
  states = [];
  globalThis.WebSocket = Wire;
  socket = new Socket("ws://here/", (message) => messages.push(message), (state, code) => states.push([state, code]));
});

afterEach(() => {
  delete globalThis.WebSocket;
});

const wire = () => Wire.made.at(-1);

test("nothing is sent before the greeting", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  socket.open();
  await assert.rejects(socket.ask({ type: "ping" }), Refused);
  wire().say(HELLO);
  assert.deepEqual(states.at(-1), ["open", 0]);
  assert.equal(wire().sent.length, 0);
});

test("an answer finds its question, an error refuses it", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  socket.open();
  wire().say(HELLO);
  const first = socket.ask({ type: "generate", prompt: "Hi" });
  const second = socket.ask({ type: "generate", prompt: "" });
  const [a, b] = wire().sent;
  wire().say({ type: "error", ref: b.ref, code: "invalid", message: "No.", field: "prompt" });
  wire().say({ type: "accepted", ref: a.ref, run: { id: "r" } });
  assert.equal((await first).run.id, "r");
  await assert.rejects(second, { code: "invalid", field: "prompt", message: "No." });
});

test("it comes back, later each time, and goes on behind the last step", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  context.mock.method(Math, "random", () => 0.5);
  socket.open();
  wire().say(HELLO);
  socket.follow("r", -1);
  wire().say(steps("r", 0, 7));
  for (const pause of [500, 1000, 2000]) {
    wire().drop();
    const made = Wire.made.length;
    context.mock.timers.tick(pause - 1);
    assert.equal(Wire.made.length, made);
    context.mock.timers.tick(1);
    assert.equal(Wire.made.length, made + 1);
  }
  wire().say(HELLO);
  assert.deepEqual(wire().sent, [{ type: "subscribe", run: "r", after: 6 }]);
});

test("a run that has ended is left alone", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  socket.open();
  wire().say(HELLO);
  socket.follow("r", -1);
  wire().say({ type: "finished", run: "r", reason: "eos", steps: 0 });
  assert.equal(socket.isFollowing("r"), false);
  wire().drop(4410);
  context.mock.timers.tick(20_000);
  wire().say(HELLO);
  assert.equal(wire().sent.length, 0);
});

test("the end that answers a late cancel doesn't cut off steps on their way", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  socket.open();
  wire().say(HELLO);
  socket.follow("r", -1);
  void socket.ask({ type: "cancel", run: "r" });
  wire().say({ type: "finished", run: "r", reason: "eos", steps: 9, ref: wire().sent.at(-1).ref });
  assert.equal(socket.isFollowing("r"), true);
});

test("the end that answers a cancel is the end once all steps are there", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  socket.open();
  wire().say(HELLO);
  socket.follow("r", -1);
  wire().say(steps("r", 0, 9));
  const asked = socket.ask({ type: "cancel", run: "r" });
  wire().say({ type: "finished", run: "r", reason: "cancelled", steps: 9, ref: wire().sent.at(-1).ref });
  assert.equal((await asked).reason, "cancelled");
  assert.equal(socket.isFollowing("r"), false);
});

test("taken steps are acknowledged well before the window is full", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  socket.open();
  wire().say(HELLO);
  socket.follow("r", -1);
  for (let from = 0; from < 640; from += 40) wire().say(steps("r", from, from + 40));
  const acks = wire().sent.filter((message) => message.type === "ack").map((message) => message.i);
  assert.deepEqual(acks, [79, 159, 239, 319, 399, 479, 559, 639]);
});

test("who is logged out isn't let in by knocking on", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  socket.open();
  wire().drop(4401);
  context.mock.timers.tick(60_000);
  assert.equal(Wire.made.length, 1);
  assert.deepEqual(states.at(-1), ["refused", 4401]);
});

test("a question is refused when the connection breaks before its answer", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  socket.open();
  wire().say(HELLO);
  const asked = socket.ask({ type: "generate", prompt: "Hi" });
  wire().drop();
  await assert.rejects(asked, /connection broke/);
});

test("a connection that died without a word is given up", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  socket.open();
  wire().say(HELLO);
  context.mock.timers.tick(20_000);
  assert.equal(wire().sent.at(-1).type, "ping");
  context.mock.timers.tick(10_000);
  assert.deepEqual(states.at(-1), ["waiting", 1006]);
});

test("an answered ping keeps it", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  socket.open();
  wire().say(HELLO);
  context.mock.timers.tick(20_000);
  wire().say({ type: "pong", ref: wire().sent.at(-1).ref });
  await Promise.resolve();
  context.mock.timers.tick(15_000);
  assert.deepEqual(states.at(-1), ["open", 0]);
});
