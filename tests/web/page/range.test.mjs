import assert from "node:assert/strict";
import test from "node:test";
import { rangeOf } from "../../../netsim/web/static/range.mjs";

test("an axis has room for all values", () => {
  assert.deepEqual(rangeOf([[3, null, 1], [5, "7"]], 0.25), [0, 6]);
  assert.deepEqual(rangeOf([[-1, 1]], 0), [-1, 1]);
});

test("values that are all the same can be seen", () => {
  assert.deepEqual([rangeOf([[20, 20]], 0.25), rangeOf([[-20]], 0.25), rangeOf([[0]], 0.25)], [[18, 22], [-22, -18], [-1, 1]]);
});

test("without a number there is no range", () => {
  assert.deepEqual([rangeOf([], 0.1), rangeOf([[], [null, "1", true]], 0.1)], [null, null]);
});
