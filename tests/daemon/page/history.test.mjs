import assert from "node:assert/strict";
import test from "node:test";
import { History, thinned } from "../../../netsim/daemon/page/history.mjs";

const X = JSON.stringify(["x"]);

function filled(times) {
  const history = new History();
  times.forEach((time) => history.add(time, { x: time * 2 }));
  return history;
}

test("a line has the values of one number over time", () => {
  assert.deepEqual(filled([1, 2, 3]).line(X, null, 100), { times: [1, 2, 3], values: [2, 4, 6] });
  assert.deepEqual(filled([1]).line(JSON.stringify(["y"]), null, 100), { times: [], values: [] });
});

test("of the last seconds only", () => {
  assert.deepEqual(filled([1, 2, 3, 4]).line(X, 2, 100).times, [2, 3, 4]);
});

test("what is already there, or older, is passed over", () => {
  const history = filled([1, 2]);
  assert.deepEqual([history.add(2, { x: 9 }), history.add(1.5, { x: 9 }), history.add(null, {}), history.add(3, { x: 9 })], [false, false, false, true]);
  assert.deepEqual(history.line(X, null, 100).values, [2, 4, 9]);
});

test("only so many are kept", () => {
  const history = filled(Array.from({ length: 9000 }, (_, index) => index));
  const { times } = history.line(X, null, 1e9);
  assert.ok(times.length >= 3600 && times.length <= 4320, `${times.length}`);
  assert.equal(times.at(-1), 8999);
});

test("where there was nothing for long, the line has a gap", () => {
  assert.deepEqual(filled([1, 2, 3, 100, 101]).line(X, null, 100), { times: [1, 2, 3, 100, 100, 101], values: [2, 4, 6, null, 200, 202] });
  assert.ok(!filled([0, 60, 120, 180, 240]).line(X, null, 100).values.includes(null));
});

test("many points become few, and peaks stay", () => {
  const points = Array.from({ length: 5000 }, (_, index) => [index, index === 2345 ? 99 : index === 2346 ? -99 : Math.sin(index)]);
  const few = thinned(points, 200);
  assert.ok(few.length <= 202 && few.length > 150, `${few.length}`);
  assert.ok(few.some(([, value]) => value === 99) && few.some(([, value]) => value === -99));
  assert.ok(few.every(([time], index) => index === 0 || few[index - 1][0] < time));
});
