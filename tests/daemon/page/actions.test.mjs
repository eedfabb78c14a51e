import assert from "node:assert/strict";
import test from "node:test";
import { readOutcome } from "../../../netsim/daemon/page/outcome.mjs";
import { readArgument, written } from "../../../netsim/daemon/page/signature.mjs";

const read = (text) => {
  const { type, kind, optional, initial } = readArgument("x", text);
  return [type, kind, optional, initial];
};

test("types and default values of arguments", () => {
  assert.deepEqual(read("int"), ["int", "whole", false, ""]);
  assert.deepEqual(read("int = 3"), ["int", "whole", true, "3"]);
  assert.deepEqual(read("float = 3e-4"), ["float", "number", true, "3e-4"]);
  assert.deepEqual(read("float = inf"), ["float", "number", true, ""]);
  assert.deepEqual(read("bool"), ["bool", "yes", false, false]);
  assert.deepEqual(read("bool = True"), ["bool", "yes", true, true]);
  assert.deepEqual(read("str = 'a = b'"), ["str", "text", true, "a = b"]);
  assert.deepEqual(read("str = 'a\\n'"), ["str", "text", true, ""]);
  assert.deepEqual(read("str = None"), ["str", "text", true, ""]);
  assert.deepEqual(read("list[int] = [1, 2]"), ["list[int]", "any", true, "[1, 2]"]);
  assert.deepEqual(read("dict | None = None"), ["dict | None", "any", true, ""]);
  assert.deepEqual(read("any"), ["any", "any", false, ""]);
  assert.deepEqual(read(""), ["any", "any", false, ""]);
  assert.deepEqual(read({ strange: 1 }), ["any", "any", false, ""]);
});

test("everything is sent as a text", () => {
  const sent = (text, value) => written(readArgument("x", text), value);
  assert.equal(sent("int", "7"), "7");
  assert.equal(sent("bool", true), "True");
  assert.equal(sent("bool = True", false), "False");
  assert.equal(sent("str", ""), "");
  assert.equal(sent("any", "[1]"), "[1]");
});

test("what was left empty is left out, if it may be", () => {
  const sent = (text) => written(readArgument("x", text), "");
  assert.equal(sent("int = 3"), undefined);
  assert.equal(sent("str = None"), undefined);
  assert.equal(sent("dict | None = None"), undefined);
  assert.equal(sent("str = 'x'"), "", "the text was emptied");
  assert.equal(sent("int"), "");
});

test("what came of a call", () => {
  const table = [
    [{ name: "a", result: { b: 1 } }, "done", '{\n "b": 1\n}'],
    [{ name: "a", result: null }, "done", ""],
    [{ name: "a", result: "text" }, "done", "text"],
    [{ name: "a", error: "it broke" }, "failed", "it broke"],
    [{ action: { name: "a", result: 5 } }, "done", "5"],
    [{ action: { name: "a", error: "no" } }, "failed", "no"],
    [{ result: 404, reason: "client offline" }, "failed", "The program is not connected."],
    [{ result: 504, reason: "no answer within 300 s" }, "late", "no answer within 300 s"],
    [{ result: 429, reason: "too many actions are waiting" }, "failed", "Too many actions are waiting."],
    [{ reason: "bad", problems: ["one", 2] }, "failed", "bad\none\n2"],
    ["just text", "done", "just text"],
    [{ name: "a", result: 404 }, "done", "404"],
    [{ name: "a", result: 1, error: null }, "done", "1"],
  ];
  for (const [payload, state, text] of table) {
    assert.deepEqual(readOutcome(payload), { state, text });
  }
});
