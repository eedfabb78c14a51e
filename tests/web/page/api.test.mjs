import assert from "node:assert/strict";
import test from "node:test";
import { Api, ApiError } from "../../../netsim/web/static/api.mjs";

globalThis.sessionStorage = { getItem: () => "secret" };

// What is asked, of a server that answers so; and what was heard of it.
async function ask(answer, work, { base = "api/", patience = 1000 } = {}) {
  const heard = [];
  let asked = null;
  globalThis.fetch = async (url, options) => {
    asked = { url, ...options };
    return answer(options);
  };
  const listeners = { answered: () => heard.push("answered"), failed: () => heard.push("failed"), unauthorized: () => heard.push("unauthorized") };
  let result;
  try {
    result = await work(new Api({ base, patience, ...listeners }));
  } catch (error) {
    assert.ok(error instanceof ApiError, error);
    result = error;
  }
  return { asked, heard, result };
}

const json = (value, options) => new Response(JSON.stringify(value), options);
// Node does not wait for the timer of a signal, but for this one.
const never = ({ signal }) =>
  new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error("not aborted")), 10000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

test("something is asked for, with the token", async () => {
  const { asked, heard, result } = await ask(() => json([1]), (api) => api.get("x", { limit: 3 }));
  assert.deepEqual([asked.method, asked.url, asked.headers], ["GET", "api/x?limit=3", { Authorization: "Bearer secret" }]);
  assert.deepEqual([result, heard], [[1], ["answered"]]);
});

test("JSON is sent, and the headers of the answer are told", async () => {
  const { asked, result } = await ask(() => json({ b: 2 }, { headers: { "X-Some": "y" } }), (api) => api.post("q", { a: 1 }));
  assert.deepEqual([asked.method, asked.body, asked.headers["Content-Type"]], ["POST", '{"a":1}', "application/json"]);
  assert.deepEqual([result.body, result.headers.get("X-Some")], [{ b: 2 }, "y"]);
});

test("an answer without a body is one, where nothing was asked for", async () => {
  const { asked, result } = await ask(() => new Response(null, { status: 204 }), (api) => api.remove("x"));
  assert.deepEqual([asked.method, result], ["DELETE", undefined]);
});

test("an error has its reason, and all problems", async () => {
  const body = { error: "the body is wrong", problems: ["one", 2, "three"] };
  const { heard, result } = await ask(() => json(body, { status: 400 }), (api) => api.post("q", {}));
  assert.deepEqual([result.status, result.message, result.problems, heard], [400, "the body is wrong", ["one", "three"], ["answered"]]);
});

test("one that is no JSON has its status", async () => {
  const { result } = await ask(() => new Response("<html>", { status: 502 }), (api) => api.get("x"));
  assert.deepEqual([result.status, result.message, result.problems], [502, "HTTP status 502", []]);
  const good = await ask(() => new Response("<html>"), (api) => api.get("x"));
  assert.equal(good.result.status, 200);
});

test("a token is asked for where one is needed", async () => {
  const { heard } = await ask(() => json({}, { status: 401 }), (api) => api.get("x"));
  assert.deepEqual(heard, ["answered", "unauthorized"]);
});

test("who does not answer in time has failed", async () => {
  const { heard, result } = await ask(never, (api) => api.get("x"), { patience: 20 });
  assert.deepEqual([result.status, heard], [0, ["failed"]]);
});

test("what is no longer needed has not", async () => {
  const stop = new AbortController();
  const asked = ask(never, (api) => api.get("x", {}, stop.signal));
  stop.abort();
  const { heard, result } = await asked;
  assert.deepEqual([result.status, heard], [-1, []]);
});
