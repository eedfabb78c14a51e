import assert from "node:assert/strict";
import test from "node:test";
import { clockTime, dayName, moment } from "../../../netsim/web/static/clock.mjs";

const at = (...parts) => new Date(...parts).getTime() / 1000;

test("times are those of the clock on the wall", () => {
  assert.equal(clockTime(at(2026, 0, 2, 3, 4, 5, 67)), "03:04:05.067");
  assert.equal(dayName(at(2026, 0, 2, 23, 59, 59)), "Friday, January 2, 2026");
  assert.equal(dayName(at(2026, 0, 3)), "Saturday, January 3, 2026");
  assert.equal(dayName(at(2026, 0, 2)), "Friday, January 2, 2026");
  assert.equal(dayName(1e300), "");
});

test("a moment of another day says which", () => {
  const now = at(2026, 0, 2, 12);
  assert.equal(moment(at(2026, 0, 2, 8, 30), now), "08:30:00");
  assert.equal(moment(at(2026, 0, 1, 8, 30), now), "Thursday, January 1, 2026, 08:30:00");
});
