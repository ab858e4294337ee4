import assert from "node:assert/strict";
import test from "node:test";

import { percent, significant } from "../../frontend/static/safelens/page/numbers.js";
import { visible } from "../../frontend/static/safelens/tokens/visible.js";

test("whitespace is seen", () => {
  assert.equal(visible(" the\n\tend "), "␣the↵⇥end␣");
});

test("the bytes of a part of a character stay as they came", () => {
  assert.equal(visible("<E2 80>"), "<E2 80>");
  assert.equal(visible("<E2> <F0 9F>"), "<E2>␣<F0 9F>");
});

test("what can't be seen is named", () => {
  assert.equal(visible("a\u202eb\u200bc\u0000"), "a<U+202E>b<U+200B>c<U+0000>");
});

test("a mark that would join what stands before it has a place of its own", () => {
  assert.equal(visible("\u0301"), "◌\u0301");
});

test("markup and other scripts are left as they are", () => {
  for (const text of ["<img/src=x/onerror=alert(1)>", "灯台", "🙂", "مرحبا"]) {
    assert.equal(visible(text), text);
  }
});

test("a probability has two significant digits", () => {
  const said = [1, 0.999, 0.994, 0.42, 0.1, 0.0999, 0.042, 0.0042, 0.00042, 0.0001, 0.00009, 0].map(percent);
  assert.deepEqual(said, [
    "100 %", ">99 %", "99 %", "42 %", "10 %", "10 %", "4.2 %", "0.42 %", "0.042 %", "0.010 %", "<0.01 %", "<0.01 %",
  ]);
});

test("a number keeps its sign and says infinity", () => {
  assert.deepEqual([-3.14, -0.0214, 12.6, 0, -Infinity].map(significant), ["−3.1", "−0.021", "13", "0", "−∞"]);
});
