import assert from "node:assert/strict";
import test from "node:test";
import { divide } from "../../../netsim/daemon/page/values.mjs";

const numbers = (status) => [...divide(status).numbers].map(([path, value]) => [JSON.parse(path).join("."), value]);

test("numbers are taken out, wherever they are, and the rest stays a tree", () => {
  const status = { loss: 0.5, run: { step: 3, phase: "train", deep: { x: 1 } }, tags: [1, 2], ok: true, none: null, empty: {} };
  assert.deepEqual(numbers(status), [["loss", 0.5], ["run.step", 3], ["run.deep.x", 1]]);
  assert.deepEqual(divide(status).rest, { run: { phase: "train" }, tags: [1, 2], ok: true, none: null, empty: {} });
});

test("keys that mean something to JavaScript are keys like any other", () => {
  const status = JSON.parse('{"__proto__": {"a": "x", "b": 1}, "constructor": 2}');
  assert.deepEqual(numbers(status), [["__proto__.b", 1], ["constructor", 2]]);
  assert.deepEqual(Object.entries(divide(status).rest), [["__proto__", { a: "x" }]]);
});

test("there is an end to the numbers, and to how deep they are looked for", () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`n${index}`, index]));
  assert.equal(numbers(many).length, 400);
  assert.equal(Object.keys(divide(many).rest).length, 600);
  const deep = JSON.parse('{"a":'.repeat(50) + "1" + "}".repeat(50));
  assert.deepEqual(numbers(deep), []);
});

test("what is not an object has no numbers", () => {
  for (const status of [null, 3, "x", [1]]) {
    assert.deepEqual([numbers(status), divide(status).rest], [[], {}]);
  }
});
