import assert from "node:assert/strict";
import test from "node:test";
import { MOST_FIELDS, NOTHING, parseAddress, writeAddress } from "../../../../netsim/datanode/grafana/page/address.mjs";

const FIXED = { last: null, from: Date.UTC(2017, 6, 13), to: Date.UTC(2017, 6, 28, 12, 0, 0, 500) };

test("what is shown survives the address", () => {
  const views = [
    NOTHING,
    { ...NOTHING, fields: ["a::b", "c d::e/f&g=h#%i", "ü::+,;?"] },
    { ...NOTHING, last: 300, refresh: 0, utc: true, each: true },
    { ...NOTHING, ...FIXED, fields: ["a::b"], refresh: 60 },
  ];
  for (const view of views) {
    assert.deepEqual(parseAddress(writeAddress(view)), view);
  }
});

test("what is usual is left out, and names can be read", () => {
  assert.equal(writeAddress(NOTHING), "#");
  assert.equal(writeAddress({ ...NOTHING, fields: ["a::b/c"], utc: true }), "#f=a::b/c&utc");
  assert.equal(writeAddress({ ...NOTHING, ...FIXED }), "#from=2017-07-13T00:00:00.000Z&to=2017-07-28T12:00:00.500Z");
});

test("what makes no sense is left out", () => {
  for (const hash of ["", "#", "#x", "#last=-1", "#last=x", "#last=Infinity", "#last=", "#refresh=-1", "#refresh=1e9", "#f=", "#from=2017", "#from=2018&to=2017", "#from=x&to=y", "#from=1960-01-01&to=2017-01-01", "#from=2017&to=9999"]) {
    assert.deepEqual(parseAddress(hash), NOTHING, hash);
  }
});

test("a field is shown once, and only so many are", () => {
  assert.deepEqual(parseAddress("#f=a::b&f=a::b&f=c::d").fields, ["a::b", "c::d"]);
  const many = Array.from({ length: 500 }, (_, index) => `f=n::${index}`).join("&");
  assert.equal(parseAddress(`#${many}`).fields.length, MOST_FIELDS);
});
