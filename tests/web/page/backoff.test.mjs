import assert from "node:assert/strict";
import test from "node:test";
import { Backoff } from "../../../netsim/web/static/backoff.mjs";

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
