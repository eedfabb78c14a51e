import assert from "node:assert/strict";
import test from "node:test";
import { parseRoute, projectPath, routeTo } from "../../../netsim/daemon/page/route.mjs";

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

test("paths of projects in the REST interface", () => {
  assert.equal(projectPath("a/b"), "projects/a%2Fb");
  assert.equal(projectPath("x", "logs"), "projects/x/logs");
});
