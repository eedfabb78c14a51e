import assert from "node:assert/strict";
import test from "node:test";
import { extentOf, factsOf, kindOf, latest, nearest, withGaps } from "../../../../netsim/datanode/grafana/page/series.mjs";

const upTo = (count, step = 1000) => Array.from({ length: count }, (_, index) => index * step);

test("a field holds what its node says, or what came", () => {
  assert.deepEqual([kindOf("string", [1]), kindOf(null, [null, 1]), kindOf("odd", [null, "x"]), kindOf(null, [true]), kindOf(null, [])], ["string", "number", "string", "bool", "number"]);
});

test("the last value, the least and the greatest", () => {
  assert.deepEqual(factsOf([3, null, 1, 2, null]), { last: 2, low: 1, high: 3 });
  assert.deepEqual(factsOf(["x", true]), { last: true, low: null, high: null });
  assert.deepEqual(factsOf([]), { last: null, low: null, high: null });
});

test("where nothing came for long, a line has a gap", () => {
  const times = [0, 1000, 2000, 3000, 90000, 91000];
  assert.deepEqual(withGaps({ times, values: [1, 2, 3, 4, 5, 6] }, 1), { times: [0, 1000, 2000, 3000, 3001, 90000, 91000], values: [1, 2, 3, 4, null, 5, 6] });
});

test("but not where that is usual, or where nothing is expected", () => {
  const rare = { times: upTo(9, 60000), values: upTo(9) };
  assert.equal(withGaps(rare, 1).times.length, 9);
  const jump = { times: [0, 1000, 90000], values: [1, 2, 3] };
  assert.equal(withGaps(jump, null).times.length, 3);
  assert.equal(withGaps({ times: [0, 90000], values: [1, 2] }, 1).times.length, 2);
});

test("the sample that is nearest to a time", () => {
  const times = [1000, 2000, 2000, 5000];
  assert.deepEqual([0, 1000, 1499, 1501, 3499, 3501, 9000].map((time) => nearest(times, time)), [0, 0, 0, 1, 2, 3, 3]);
  assert.equal(nearest([], 5), -1);
});

test("the sample that holds at a time", () => {
  const times = [1000, 2000, 5000];
  assert.deepEqual([0, 1000, 1999, 4999, 5000, 9000].map((time) => latest(times, time)), [-1, 0, 0, 1, 2, 2]);
  assert.equal(latest([], 5), -1);
});

test("from the first sample of all to the last", () => {
  assert.deepEqual(extentOf([{ times: [5, 7] }, { times: [] }, { times: [1, 6] }]), { from: 1, to: 7 });
  assert.equal(extentOf([{ times: [] }]), null);
});
