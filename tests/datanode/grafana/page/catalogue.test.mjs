import assert from "node:assert/strict";
import test from "node:test";
import { Catalogue, nameOf } from "../../../../netsim/datanode/grafana/page/catalogue.mjs";

const NODES = [{ name: "weather 10", description: "The site" }, { name: "Weather 9", description: null }, { name: "silent" }];
const FIELDS = {
  "weather 10": { wind: { description: "Speed of the wind", units: "m/s", type: "number", interval: 20, timeline: "t" }, air: { units: " ", interval: null } },
  "Weather 9": {},
};
const found = (words) => new Catalogue(NODES, FIELDS).search(words).flatMap(({ fields }) => fields.map(({ target }) => target));

test("nodes and fields are in an order that people expect", () => {
  const { nodes, size } = new Catalogue(NODES, FIELDS);
  assert.deepEqual(nodes.map(({ name, told }) => [name, told]), [["silent", false], ["Weather 9", true], ["weather 10", true]]);
  assert.deepEqual(nodes[2].fields.map(({ target }) => target), ["weather 10::air", "weather 10::wind"]);
  assert.equal(size, 2);
});

test("what is known of a field", () => {
  const catalogue = new Catalogue(NODES, FIELDS);
  const { node, name, units, interval, type, known } = catalogue.find("weather 10::wind");
  assert.deepEqual([node, name, units, interval, type, known], ["weather 10", "wind", "m/s", 20, "number", true]);
  assert.deepEqual([catalogue.find("weather 10::air").units, catalogue.find("weather 10::air").interval], [null, null]);
});

test("a field that is not there has a name all the same", () => {
  const { node, name, known } = new Catalogue().find("gone::a::b");
  assert.deepEqual([node, name, known], ["gone", "a::b", false]);
  assert.deepEqual(nameOf("odd"), { node: "", name: "odd" });
});

test("fields are found by all of some words, wherever they are", () => {
  assert.deepEqual(found(""), ["weather 10::air", "weather 10::wind"]);
  assert.deepEqual(found("WIND 10"), ["weather 10::wind"]);
  assert.deepEqual(found("m/s speed"), ["weather 10::wind"]);
  assert.deepEqual(found("wind air"), []);
});

test("a node that has told only its fields is there as well, and keys are just keys", () => {
  const fields = JSON.parse('{"__proto__": {"constructor": {}}, "new": {"x": {}}}');
  const catalogue = new Catalogue([], fields);
  assert.deepEqual(catalogue.nodes.map(({ name }) => name), ["__proto__", "new"]);
  assert.equal(catalogue.find("__proto__::constructor").known, true);
});

test("what is no catalogue is empty", () => {
  for (const [nodes, fields] of [[null, null], ["x", 3], [{}, []], [[1, "x"], { n: 3 }], [[{}], { n: { x: "y" } }]]) {
    assert.ok(new Catalogue(nodes, fields).size <= 1);
  }
});
