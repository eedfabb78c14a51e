import assert from "node:assert/strict";
import test from "node:test";
import { FIRST, around, isRange, limited, moved, rangeOf, scaled } from "../../../../netsim/datanode/grafana/page/span.mjs";

const NOW = Date.UTC(2026, 0, 1);

test("a view means a range at each moment", () => {
  assert.deepEqual(rangeOf({ last: 60 }, NOW), { from: NOW - 60000, to: NOW });
  assert.deepEqual(rangeOf({ last: null, from: 5000, to: 6000 }, NOW), { from: 5000, to: 6000 });
  assert.equal(rangeOf({ last: 1e11 }, NOW).from, FIRST);
});

test("what a range is", () => {
  assert.deepEqual([[1, 2], [2, 1], [1, 1], [NaN, 1], [1, Infinity], [1, Date.UTC(2300, 0)]].map(([from, to]) => isRange({ from, to })), [true, false, false, false, false, false]);
});

test("ranges are zoomed around their middle", () => {
  assert.deepEqual(scaled({ from: 10000, to: 20000 }, 0.5), { from: 12500, to: 17500 });
  assert.deepEqual(scaled({ from: 10000, to: 20000 }, 2), { from: 5000, to: 25000 });
});

test("there is an end to it: what is asked for is never before the epoch, nor nothing", () => {
  let range = { from: 10000, to: 20000 };
  for (let turn = 0; turn < 100; turn += 1) {
    range = scaled(range, 0.5);
    assert.ok(isRange(range), JSON.stringify(range));
  }
  assert.ok(range.to - range.from >= 10);
  for (let turn = 0; turn < 100; turn += 1) {
    range = scaled(range, 3);
    assert.ok(isRange(range) && range.from >= FIRST, JSON.stringify(range));
  }
  assert.deepEqual(moved({ from: 10000, to: 20000 }, -0.95), { from: FIRST, to: FIRST + 10000 });
});

test("ranges are moved by a part of their length", () => {
  assert.deepEqual(moved({ from: 10000, to: 20000 }, 0.5), { from: 15000, to: 25000 });
  assert.deepEqual(limited(10000.4, 20000.4), { from: 10000, to: 20000 });
});

test("where the data is: with some room, and going on if it does", () => {
  assert.deepEqual(around({ from: 1e12, to: 1e12 + 100000 }, NOW), { last: null, from: 1e12 - 2000, to: 1e12 + 102000 });
  assert.deepEqual(around({ from: NOW - 100000, to: NOW - 5000 }, NOW), { last: 102, from: null, to: null });
  assert.ok(isRange(around({ from: 1e12, to: 1e12 }, NOW)), "a single sample");
});
