import assert from "node:assert/strict";
import test from "node:test";
import { NOTHING } from "../../../../netsim/datanode/grafana/page/address.mjs";
import { ApiError } from "../../../../netsim/datanode/grafana/page/api.mjs";
import { Data } from "../../../../netsim/datanode/grafana/page/data.mjs";

const settle = () => new Promise((resolve) => setImmediate(resolve));
const view = (...fields) => ({ ...NOTHING, fields, refresh: 0 });
const points = (target, ...times) => ({ target, datapoints: times.map((time) => [time, time]) });

// What is known, and the questions of a bridge that answers when it is told to.
function make() {
  const asked = [];
  const post = (path, question, stop) =>
    new Promise((resolve, reject) => {
      stop.addEventListener("abort", () => reject(new ApiError(-1, "no longer needed")));
      const answer = (body, failed = null) => resolve({ body, headers: new Headers(failed === null ? {} : { "X-Netsim-Failed-Nodes": failed }) });
      asked.push({ path, question, answer, fail: (status) => reject(new ApiError(status, "no")) });
    });
  const data = new Data({ api: { post }, width: () => 800, changed: () => {}, again: () => false, hidden: () => false });
  return { data, asked };
}

test("what is shown is asked for, and known then", async () => {
  const { data, asked } = make();
  data.look(view("n::a", "n::b"), true);
  assert.deepEqual(asked.map(({ path, question }) => [path, question.maxDataPoints, question.targets.length]), [["query", 800, 2]]);
  assert.deepEqual([data.answered, data.isEmpty], [false, true]);
  asked[0].answer([points("n::a", 1000, 2000)]);
  await settle();
  assert.deepEqual([data.answered, data.isEmpty, data.of("n::a").values, data.of("n::b").values], [true, false, [1000, 2000], []]);
  data.loader.end();
});

test("of a node that has not answered, what was there stays", async () => {
  const { data, asked } = make();
  data.look(view("n::a", "m::b"), true);
  asked[0].answer([points("n::a", 1000), points("m::b", 1000)]);
  await settle();
  data.loader.now();
  asked[1].answer([points("n::a", 2000)], "m");
  await settle();
  assert.deepEqual([data.failed, data.of("n::a").times, data.of("m::b").times], [["m"], [2000], [1000]]);
  data.loader.now();
  asked[2].answer([points("n::a", 3000)]);
  await settle();
  assert.deepEqual([data.failed, data.of("m::b").times], [[], []]);
});

test("an error is known until the next answer, and what was there stays", async () => {
  const { data, asked } = make();
  data.look(view("n::a"), true);
  asked[0].answer([points("n::a", 1000)]);
  await settle();
  data.loader.now();
  asked[1].fail(504);
  await settle();
  assert.deepEqual([data.error.status, data.of("n::a").times], [504, [1000]]);
  data.loader.now();
  asked[2].answer([]);
  await settle();
  assert.equal(data.error, null);
});

test("nothing is asked where nothing is shown", async () => {
  const { data, asked } = make();
  data.look(view("n::a"), true);
  data.look(view(), false);
  await settle();
  assert.deepEqual([asked.length, data.since, data.loader.busy], [1, null, false]);
});

test("where there is anything is asked of all time, closer and closer, and leads there", async () => {
  const { data, asked } = make();
  data.look(view("n::a"), true);
  const found = data.whole();
  assert.equal(asked[1].question.range.from, "1970-01-01T00:00:01.000Z");
  assert.ok(data.since !== null);
  // A node tells one sample of each step of what was asked for.
  const [begin, end] = [1e12, 1e12 + 1e8];
  for (let turn = 1; turn < asked.length; turn += 1) {
    const { range, maxDataPoints } = asked[turn].question;
    const [from, to] = [Date.parse(range.from), Date.parse(range.to)];
    const step = (to - from) / maxDataPoints;
    assert.ok(from < begin && to > end, "all of it");
    asked[turn].answer([points("n::a", Math.ceil(begin / step) * step, Math.max(Math.ceil(begin / step), Math.floor(end / step)) * step)]);
    await settle();
  }
  const { last, from, to } = await found;
  assert.equal(last, null);
  assert.ok(from < begin && begin - from < 5e6 && to > end - 2e6 && to - end < 5e6, `${from - begin} ${to - end}`);
  assert.deepEqual([data.nowhere, data.since], [false, null]);
  assert.ok(asked.length <= 7, `${asked.length}`);
});

test("a single sample is found as well", async () => {
  const { data, asked } = make();
  data.look(view("n::a"), true);
  const found = data.whole();
  for (let turn = 1; turn < asked.length; turn += 1) {
    asked[turn].answer([points("n::a", 1e12)]);
    await settle();
  }
  const { from, to } = await found;
  assert.ok(from < 1e12 && to > 1e12);
});

test("nowhere, or it cannot be told", async () => {
  const { data, asked } = make();
  data.look(view("n::a"), true);
  const first = data.whole();
  asked[1].answer([points("n::a")]);
  assert.deepEqual([await first, data.nowhere], [null, true]);
  data.look(view("n::a"), true);
  const second = data.whole();
  asked.at(-1).fail(413);
  assert.deepEqual([await second, data.nowhere, data.error.status], [null, false, 413]);
});

test("who looks at something else meanwhile is not led away", async () => {
  const { data, asked } = make();
  data.look(view("n::a"), true);
  const found = data.whole();
  data.look(view("n::b"), true);
  asked[1].answer([points("n::a", 1e12)]);
  assert.deepEqual([await found, data.nowhere, data.error], [null, false, null]);
  assert.ok(data.since !== null, "the other one is waited for");
  data.loader.end();
});
