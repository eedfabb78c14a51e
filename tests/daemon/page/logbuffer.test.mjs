import assert from "node:assert/strict";
import test from "node:test";
import { LogBuffer } from "../../../netsim/daemon/page/logbuffer.mjs";

const line = (words, level = "info") => ({ level, words });
const words = (buffer) => buffer.matches.map((match) => match.words).join(" ");

test("all lines are there until less is asked for", () => {
  const buffer = new LogBuffer();
  buffer.add([line("a", "debug"), line("b"), line("c", "error"), line("d", "critical")]);
  assert.equal(words(buffer), "a b c d");
  buffer.ask("error", "");
  assert.equal(words(buffer), "c d");
  buffer.ask("debug", "");
  assert.equal(words(buffer), "a b c d");
});

test("all words have to be in a line, in any order and case", () => {
  const buffer = new LogBuffer();
  buffer.add([line("one two"), line("two"), line("two and one")]);
  buffer.ask("debug", " ONE  two ");
  assert.equal(buffer.matches.length, 2);
});

test("what is asked for holds for lines that come later", () => {
  const buffer = new LogBuffer();
  buffer.ask("warning", "x");
  buffer.add([line("x"), line("x", "warning"), line("y", "error")]);
  assert.deepEqual(buffer.matches.map(({ level }) => level), ["warning"]);
});

test("only so many are kept, the newest, among the matches as well", () => {
  const buffer = new LogBuffer(100);
  buffer.ask("error", "");
  for (let index = 0; index < 1000; index += 1) {
    buffer.add([line(`${index}`, index % 2 ? "error" : "info")]);
  }
  assert.ok(buffer.lines.length >= 100 && buffer.lines.length <= 110, `${buffer.lines.length}`);
  assert.equal(buffer.lines.at(-1).words, "999");
  assert.ok(buffer.matches.every((match) => buffer.lines.includes(match)));
  assert.equal(buffer.matches.length, buffer.lines.filter(({ level }) => level === "error").length);
});

test("a place among the matches is found by number", () => {
  const buffer = new LogBuffer();
  buffer.add([line("a", "error"), line("b"), line("c", "error"), line("d")]);
  buffer.ask("error", "");
  assert.deepEqual([0, 1, 2, 3, 99].map((seq) => buffer.place(seq)), [0, 1, 1, 2, 2]);
});
