import assert from "node:assert/strict";
import test, { beforeEach, mock } from "node:test";
import { Loader } from "../../../../netsim/datanode/grafana/page/loader.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

// A loader, all that it has asked for, and the answers to give.
function make({ again = true } = {}) {
  const made = { asked: [], ended: [], waits: [], hidden: false };
  made.loader = new Loader({
    work: (stop) => new Promise((answer, fail) => made.asked.push({ stop, answer, fail })),
    ended: (error) => {
      made.ended.push(error?.message ?? null);
      return again;
    },
    changed: (since) => made.waits.push(since !== null),
    hidden: () => made.hidden,
    random: () => 0.5,
  });
  return made;
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function pass(seconds) {
  mock.timers.tick(seconds * 1000);
  await settle();
}

test("asks so many seconds after each answer, however long that takes", async () => {
  const { loader, asked, ended, waits } = make();
  loader.every(1);
  loader.now();
  await pass(8);
  assert.equal(asked.length, 1, "a slow answer is waited for");
  asked[0].answer();
  await settle();
  assert.deepEqual([ended, waits], [[null], [true, false]]);
  await pass(0.9);
  assert.equal(asked.length, 1);
  await pass(0.2);
  assert.equal(asked.length, 2);
});

test("the last question wins", async () => {
  const { loader, asked, ended } = make();
  loader.now();
  loader.now();
  assert.deepEqual(asked.map(({ stop }) => stop.aborted), [true, false]);
  asked[0].answer();
  await settle();
  assert.deepEqual([ended, loader.busy], [[], true], "nobody hears of the first one");
  asked[1].answer();
  await settle();
  assert.deepEqual([ended, loader.busy], [[null], false]);
});

test("what is chosen in one go is asked for once", async () => {
  const { loader, asked } = make();
  for (let turn = 0; turn < 5; turn += 1) {
    loader.soon();
    await pass(0.05);
  }
  assert.equal(asked.length, 0);
  await pass(0.2);
  assert.equal(asked.length, 1);
});

test("without an interval, nothing is asked again", async () => {
  const { loader, asked } = make();
  loader.now();
  asked[0].answer();
  await settle();
  await pass(1000);
  assert.equal(asked.length, 1);
  loader.every(5);
  await pass(5);
  assert.equal(asked.length, 2);
  asked[1].answer();
  await settle();
  loader.every(0);
  await pass(1000);
  assert.equal(asked.length, 2);
});

test("what has failed is tried later and later", async () => {
  const { loader, asked, ended } = make();
  loader.now();
  for (const wait of [1, 2, 4, 8]) {
    asked.at(-1).fail(new Error("no"));
    await settle();
    const before = asked.length;
    await pass(wait - 0.1);
    assert.equal(asked.length, before);
    await pass(0.2);
    assert.equal(asked.length, before + 1);
  }
  assert.deepEqual(ended, ["no", "no", "no", "no"]);
});

test("but not what will always fail", async () => {
  const { loader, asked } = make({ again: false });
  loader.every(1);
  loader.now();
  asked[0].fail(new Error("no"));
  await settle();
  await pass(1000);
  assert.equal(asked.length, 1);
  loader.now();
  assert.equal(asked.length, 2);
});

test("nobody is asked while nobody looks, and then at once", async () => {
  const made = make();
  const { loader, asked } = made;
  loader.every(1);
  loader.now();
  asked[0].answer();
  await settle();
  made.hidden = true;
  await pass(60);
  assert.equal(asked.length, 1);
  loader.seen();
  assert.equal(asked.length, 1, "still hidden");
  made.hidden = false;
  loader.seen();
  assert.equal(asked.length, 2);
  loader.seen();
  assert.equal(asked.length, 2, "that is under way already");
  asked[1].answer();
  await settle();
  loader.seen();
  assert.equal(asked.length, 2, "nothing was due");
});

test("an end is one", async () => {
  const { loader, asked, ended, waits } = make();
  loader.every(1);
  loader.now();
  loader.end();
  asked[0].answer();
  await settle();
  await pass(10);
  assert.deepEqual([asked.length, ended, waits.at(-1)], [1, [], false]);
});
