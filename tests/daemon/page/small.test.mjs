import assert from "node:assert/strict";
import test from "node:test";
import { Backoff } from "../../../netsim/daemon/page/backoff.mjs";
import { clockTime, dayName, moment } from "../../../netsim/daemon/page/clock.mjs";
import { parseRoute, routeTo } from "../../../netsim/daemon/page/route.mjs";

const at = (...parts) => new Date(...parts).getTime() / 1000;

test("addresses of projects and their sections", () => {
  for (const name of ["plain", "with blank", "a/b", "50 %", "<b>", "ü", "..", "#?"]) {
    for (const section of ["status", "log", "actions", "system"]) {
      assert.deepEqual(parseRoute(routeTo(name, section)), { name, section });
    }
  }
});

test("other addresses", () => {
  assert.deepEqual(parseRoute(""), { name: null, section: "status" });
  assert.deepEqual(parseRoute("#/"), { name: null, section: "status" });
  assert.deepEqual(parseRoute("#/project/"), { name: null, section: "status" });
  assert.deepEqual(parseRoute("#/project/x/nothing"), { name: "x", section: "status" });
  assert.deepEqual(parseRoute("#/project/%zz"), { name: "%zz", section: "status" });
});

test("tries come later and later, to a limit, until one has worked", () => {
  const backoff = new Backoff({ first: 1, factor: 2, most: 5, random: () => 0.5 });
  const next = () => backoff.next();
  assert.deepEqual([next(), next(), next(), next(), next()], [1, 2, 4, 5, 5]);
  backoff.reset();
  assert.equal(next(), 1);
});

test("not all pages come back at once", () => {
  const wait = (random) => new Backoff({ first: 1, random: () => random }).next();
  assert.ok(wait(0) < 0.9 && wait(1) > 1.1);
});

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
