import assert from "node:assert/strict";
import test from "node:test";
import { levelOf, readLine, unknownOf } from "../../../netsim/daemon/page/lines.mjs";

const KNOWN = { time: 50 };
const lines = (text) => [...text].map((key, index) => ({ key, time: index }));
const keys = (found) => found.map(({ key }) => key).join("");

test("the form of the document", () => {
  const line = readLine({ log: { level: "warning", message: "m", time: 12.5, whom: "w" } }, KNOWN);
  assert.deepEqual([line.time, line.level, line.whom, line.text, line.dropped], [12.5, "warning", "w", "m", false]);
});

test("the form in the field", () => {
  for (const datetime of ["2024-03-01 12:00:00", "2024-03-01-12:00:00", "2024-03-01T12:00:00"]) {
    const line = readLine({ prefix: "[ERROR]", datetime, whom: "main", msg: "oops" }, KNOWN);
    assert.deepEqual([line.level, line.whom, line.text], ["error", "main", "oops"]);
    assert.equal(line.time, new Date(2024, 2, 1, 12).getTime() / 1000);
  }
});

test("anything else is shown as it is, too", () => {
  const table = [["text", "text"], [{ a: 1 }, '{"a":1}'], [{ log: "text" }, "text"], [null, "null"], [{ log: { message: { b: [2] } } }, '{"b":[2]}']];
  for (const [payload, text] of table) {
    const line = readLine(payload, KNOWN);
    assert.deepEqual([line.text, line.time, line.level], [text, 50, "info"]);
  }
});

test("what is no time is none", () => {
  for (const time of ["soon", {}, null, NaN]) {
    assert.equal(readLine({ log: { message: "m", time } }, KNOWN).time, 50);
  }
});

test("what the daemon says of the level holds", () => {
  assert.equal(readLine({ msg: "m" }, { time: 1, level: "error" }).level, "error");
  assert.equal(readLine({ levelno: 30, msg: "m" }, { time: 1 }).level, "warning");
});

test("levels have many names", () => {
  const table = { WARN: "warning", "[Err]": "error", FATAL: "critical", "** Exception:": "error", trace: "debug", ok: "info", terror: "info", 40: "error", 35: "warning", 5: "debug", 900: "critical", 0: "info" };
  for (const [text, level] of Object.entries(table)) {
    assert.equal(levelOf(text), level, text);
  }
  assert.deepEqual([levelOf(30), levelOf(-1), levelOf({ strange: 1 }), levelOf(undefined)], ["warning", "info", "info", "info"]);
});

test("a line that stands for dropped ones is known", () => {
  assert.equal(readLine({ log: { message: "m", dropped: 12 } }, KNOWN).dropped, true);
});

test("a long text is cut", () => {
  const { text } = readLine({ log: { message: "x".repeat(100000) } }, KNOWN);
  assert.ok(text.length < 9000 && text.endsWith("… and 91808 more characters"), text.slice(-50));
});

test("lines that overlap are joined", () => {
  const table = [["abc", "bcde", "de"], ["abc", "abc", ""], ["abc", "", ""], ["", "ab", "ab"], ["aab", "abab", ""], ["xab", "yabzabc", "c"], ["abc", "def", "def"], ["aaa", "aaaaa", ""], ["abab", "ababcab", "cab"]];
  for (const [known, more, rest] of table) {
    assert.equal(keys(unknownOf(lines(known), lines(more))), rest, `${known} + ${more}`);
  }
});

test("where nothing overlaps, one is asked which lines are new", () => {
  assert.equal(keys(unknownOf(lines("abc"), lines("defg"), ({ time }) => time > 1)), "fg");
});
