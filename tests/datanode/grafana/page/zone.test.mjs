import assert from "node:assert/strict";
import test from "node:test";
import { Zone } from "../../../../netsim/datanode/grafana/page/zone.mjs";

process.env.TZ = "America/Santiago";
const [here, utc] = [new Zone(false), new Zone(true)];
const SUMMER = Date.UTC(2017, 0, 15, 2, 30, 1, 250); // of the south
const WINTER = Date.UTC(2017, 6, 15, 2, 30);

test("times of the clock on the wall, which goes forward and back", () => {
  assert.equal(here.text(SUMMER), "2017-01-14 23:30:01");
  assert.equal(here.text(WINTER), "2017-07-14 22:30:00");
  assert.equal(utc.text(WINTER), "2017-07-15 02:30:00");
});

test("to the millisecond, where it matters", () => {
  assert.equal(utc.text(SUMMER, true), "2017-01-15 02:30:01.250");
  assert.equal(utc.text(WINTER, true), "2017-07-15 02:30:00");
});

test("what is written can be read again", () => {
  for (const zone of [here, utc]) {
    for (const time of [SUMMER, WINTER, 0, Date.UTC(2150, 5)]) {
      assert.equal(zone.read(zone.write(time)), Math.floor(time / 1000) * 1000);
    }
  }
});

test("times as the chart library says them", () => {
  const table = { "2017-07-15": 0, "2017-07-15 02:30": 9000, "2017-07-15 02:30:04": 9004, "2017-07-15 02:30:04.5678": 9004.568 };
  for (const [text, seconds] of Object.entries(table)) {
    assert.equal(utc.read(text), Date.UTC(2017, 6, 15) + seconds * 1000, text);
    assert.equal(here.plot(here.read(text)), utc.read(text), text);
  }
});

test("what is no time is none", () => {
  for (const text of ["", "undefined", "2017", "2017-07-15T", "<b>", "NaN"]) {
    assert.ok(Number.isNaN(utc.read(text)), text);
  }
});

test("in a range, a day that is the same is said once", () => {
  assert.equal(utc.rangeText({ from: WINTER, to: WINTER + 5000 }), "2017-07-15 02:30:00 – 02:30:05");
  assert.equal(utc.rangeText({ from: SUMMER, to: WINTER }), "2017-01-15 02:30:01 – 2017-07-15 02:30:00");
});
