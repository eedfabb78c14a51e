import assert from "node:assert/strict";
import test from "node:test";
import { answersOf, failedNodes, pointsFor, questionOf } from "../../../../netsim/datanode/grafana/page/query.mjs";

test("a question is one of the SimpleJson data source", () => {
  assert.deepEqual(questionOf(["a::b"], { from: 1000, to: 61000 }, 600), {
    range: { from: "1970-01-01T00:00:01.000Z", to: "1970-01-01T00:01:01.000Z" },
    interval: "100ms",
    maxDataPoints: 600,
    targets: [{ target: "a::b", refId: "F0" }],
  });
  assert.equal(questionOf([], { from: 1000, to: 1020 }, 600).interval, "1ms");
});

test("no more points than there are pixels, and fewer of many fields", () => {
  assert.deepEqual([[900, 1], [9000, 1], [900, 100], [900, 1e6], [0, 0]].map(([width, fields]) => pointsFor(width, fields)), [900, 2000, 400, 100, 100]);
});

test("answers have times and values of each field", () => {
  const answers = answersOf([{ target: "a", datapoints: [[1.5, 1000], [null, 2000], [true, 3000], ["x", 4000]] }, { target: "b", datapoints: [] }]);
  assert.deepEqual([...answers], [["a", { times: [1000, 2000, 3000, 4000], values: [1.5, null, true, "x"] }], ["b", { times: [], values: [] }]]);
});

test("what is no point is passed over, and times are in order", () => {
  const datapoints = [[3, 3000], [1, 1000], "x", [2], [2, "x"], [2, null], null, [{ strange: 1 }, 2000]];
  assert.deepEqual(answersOf([{ target: "a", datapoints }]).get("a"), { times: [1000, 2000, 3000], values: [1, null, 3] });
  for (const body of [null, {}, "x", [null, 3], [{ target: "a" }], [{ target: "a", datapoints: {} }]]) {
    assert.ok([...answersOf(body).values()].every(({ times }) => times.length === 0));
  }
});

test("nodes that have failed are told by a header", () => {
  assert.deepEqual([null, "", "a", "a, b", "a%2Cb,c%20d", "%zz"].map(failedNodes), [[], [], ["a"], ["a", "b"], ["a,b", "c d"], ["%zz"]]);
});
