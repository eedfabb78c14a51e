import assert from "node:assert/strict";
import test from "node:test";
import { counted, formatBytes, formatNumber, formatSeconds, formatValue, isObject } from "../../../netsim/web/static/format.mjs";

test("numbers can be read at a glance", () => {
  const table = [[0, "0"], [1234567, "1,234,567"], [0.123456789, "0.123457"], [-2.5, "-2.5"], [3e-7, "3.000e-7"], [2e18, "2.000e18"]];
  for (const [number, text] of table) {
    assert.equal(formatNumber(number), text);
  }
});

test("so can bytes, times and other values", () => {
  assert.deepEqual([0, 1023, 1024, 33e9].map(formatBytes), ["0 B", "1,023 B", "1.0 KiB", "31 GiB"]);
  assert.deepEqual([0.0123, 1.25, 59, 61, 7300, 200000].map(formatSeconds), ["12 ms", "1.3 s", "59 s", "1 min", "2 h", "2 d"]);
  assert.deepEqual([null, true, "x", 1.5].map(formatValue), ["none", "true", "x", "1.5"]);
});

test("how many there are, in words", () => {
  assert.deepEqual([counted(1, "field"), counted(0, "field"), counted(1200, "query", "queries")], ["1 field", "0 fields", "1,200 queries"]);
});

test("what an object is", () => {
  assert.deepEqual([{}, [], null, "x", 3].map(isObject), [true, false, false, false, false]);
});
