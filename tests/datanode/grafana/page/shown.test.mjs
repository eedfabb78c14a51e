import assert from "node:assert/strict";
import test from "node:test";
import { MOST_TEXTS, axisOf, plain, roomFor } from "../../../../netsim/datanode/grafana/page/axes.mjs";
import { csvOf } from "../../../../netsim/datanode/grafana/page/csv.mjs";
import { columnsOf, linesOf } from "../../../../netsim/datanode/grafana/page/lines.mjs";
import { Catalogue } from "../../../../netsim/datanode/grafana/page/catalogue.mjs";
import { panelsOf } from "../../../../netsim/datanode/grafana/page/panels.mjs";
import { COLOURS, Slots } from "../../../../netsim/datanode/grafana/page/slots.mjs";
import { missingWords, wordsOf } from "../../../../netsim/datanode/grafana/page/words.mjs";

const line = (target, kind = "number", units = null) => ({ field: { target, units }, kind });
const shape = (panels) => panels.map(({ axes }) => axes.map(({ lines }) => lines.map(({ field }) => field.target).join("")).join("|")).join(" ");

test("numbers of up to two units share a chart, and more do not", () => {
  assert.equal(shape(panelsOf([line("a", "number", "K"), line("b", "number", "K")], false)), "ab");
  assert.equal(shape(panelsOf([line("a", "number", "K"), line("b"), line("c", "number", "K")], false)), "ac|b");
  assert.equal(shape(panelsOf([line("a", "number", "K"), line("b"), line("c", "number", "m")], false)), "a b c");
  assert.deepEqual(panelsOf([], false), []);
});

test("what is no number has a chart beside them", () => {
  assert.equal(shape(panelsOf([line("s", "string"), line("a"), line("x", "bool"), line("t", "string"), line("y", "bool")], false)), "a xy s t");
});

test("each field has its own, if that is wanted", () => {
  assert.equal(shape(panelsOf([line("a"), line("b"), line("x", "bool")], true)), "a b x");
});

test("charts keep what they are, and are told apart", () => {
  const keys = (lines, each) => panelsOf(lines, each).map(({ key }) => key);
  assert.deepEqual(keys([line("a", "number", "K")], false), keys([line("a", "number", "K"), line("b", "number", "K")], false));
  const all = keys([line("a", "number", "K"), line("b"), line("c", "number", "m"), line("s", "string"), line("t", "string"), line("x", "bool")], false);
  assert.equal(new Set(all).size, 6);
});

test("an axis has a little more than its values", () => {
  const { range, place, isEmpty } = axisOf("number", [[1, null, 3], [2, "x"]]);
  assert.ok(range[0] < 1 && range[0] > 0.8 && range[1] > 3 && range[1] < 3.2 && !isEmpty);
  assert.deepEqual([place(2), place(null), place("x")], [2, null, null]);
  const [low, high] = axisOf("number", [[5, 5]]).range;
  assert.ok(low < 5 && high > 5);
  assert.deepEqual([axisOf("number", [[], [null]]).isEmpty, axisOf("number", [[0]]).range], [true, [-1, 1]]);
});

test("texts and truths have places on an axis", () => {
  const { marks, place } = axisOf("string", [["b", null, "a", "b"]]);
  assert.deepEqual([marks, place("a"), place(null)], [[[0, "b"], [1, "a"]], 1, null]);
  assert.deepEqual([true, false, null].map(axisOf("bool", []).place), [1, 0, null]);
  const many = axisOf("string", [Array.from({ length: MOST_TEXTS + 1 }, (_, index) => `${index}`)]);
  assert.equal(many.marks, null);
  assert.ok(axisOf("string", [["x".repeat(99)]]).marks[0][1].length < 20);
});

test("longer texts at an axis have more room", () => {
  const room = (low, high) => roomFor("number", { range: [low, high], marks: null });
  assert.ok(room(0, 1) < room(1e9, 1e9 + 1) && room(1e9, 1e9 + 1e-9) < 130);
  assert.ok([room(0, 1), room(-1e-9, 1e-9), room(-5, 1e12)].every((pixels) => pixels > 30 && pixels < 130));
});

test("no text is HTML to the chart library", () => {
  assert.equal(plain("<b>&lt;%{x}$"), "&#60;b&#62;&#38;lt;%&#123;x&#125;&#36;");
});

test("fields keep their colour while they are shown, and no two have the same", () => {
  const slots = new Slots();
  slots.keep(["a", "b", "c"]);
  const [a, b, c] = ["a", "b", "c"].map((target) => slots.style(target));
  assert.equal(new Set([a, b, c].map(({ colour }) => colour)).size, 3);
  slots.keep(["c", "d"]);
  assert.deepEqual(slots.style("c"), c);
  assert.deepEqual(slots.style("d"), a);
  const many = Array.from({ length: 4 * COLOURS }, (_, index) => `${index}`);
  slots.keep(many);
  assert.equal(new Set(many.map((target) => JSON.stringify(slots.style(target)))).size, 4 * COLOURS);
});

test("a file has a line for each time, and a column for each field", () => {
  const columns = [{ title: "n::a [K]", times: [0, 2000], values: [1.5, null] }, { title: "n::b", times: [1000, 2000], values: [true, 'say "hi", you'] }];
  assert.equal(csvOf(columns), 'time,n::a [K],n::b\r\n1970-01-01T00:00:00.000Z,1.5,\r\n1970-01-01T00:00:01.000Z,,true\r\n1970-01-01T00:00:02.000Z,,"say ""hi"", you"\r\n');
});

test("no text in it is a formula, and numbers stay numbers", () => {
  const texts = ["=1+1", "+1", "-1", "@x", "\tx"];
  const [head, ...lines] = csvOf([{ title: "=a::b", times: texts.map((_, index) => index), values: texts }]).trim().split("\r\n");
  assert.equal(head, "time,'=a::b");
  assert.ok(lines.every((one) => one.includes(",'")), lines.join());
  assert.ok(csvOf([{ title: "a", times: [0], values: [-1] }]).endsWith(",-1\r\n"));
});

test("lines know their field, and whether something is wrong with it", () => {
  const catalogue = new Catalogue([{ name: "n" }], { n: { a: { units: "K" } } });
  const data = { failed: ["m"], of: (target) => (target === "n::a" ? { times: [1], values: [2] } : { times: [], values: [] }) };
  const lines = linesOf(["n::a", "n::b", "m::c"], { catalogue, data, slots: new Slots(), hidden: new Set(["n::b"]) });
  assert.deepEqual(lines.map(({ kind, note, hidden }) => [kind, note, hidden]), [["number", null, false], ["number", "not there", true], ["number", "no answer", false]]);
  assert.deepEqual(columnsOf(lines).map(({ title }) => title), ["n::a [K]", "m::c"]);
  const [unknown] = linesOf(["n::a"], { catalogue: new Catalogue(), data: { ...data, of: () => ({ times: [], values: [] }) }, slots: new Slots(), hidden: new Set() });
  assert.equal(unknown.note, null, "nothing is known of any node yet");
});

test("what went wrong is told in words, and whether it may go away", () => {
  const words = (status, message, problems) => wordsOf({ status, message, problems });
  assert.deepEqual(words(0, "Failed to fetch").again, true);
  assert.ok(!words(0, "Failed to fetch").text.includes("fetch"));
  assert.deepEqual(words(400, "the query is wrong", ["range: none", "x"]), { text: "The bridge does not accept this query: the query is wrong; range: none; x.", again: false });
  assert.deepEqual([words(413, "n has too much").again, words(504, "n did not answer").again, words(500, "no session").again], [false, true, true]);
  assert.ok(words(413, "n has too much").text.includes("shorter"));
});

test("nodes that have not answered are named", () => {
  assert.ok(missingWords(["a"]).startsWith("No answer from a: what is shown of it "));
  assert.ok(missingWords(["a", "b", "c"]).startsWith("No answer from a, b and c: what is shown of them "));
});
