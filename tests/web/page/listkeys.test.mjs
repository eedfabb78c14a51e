import assert from "node:assert/strict";
import test from "node:test";
import { listenForListKeys } from "../../../netsim/web/static/listkeys.mjs";

// What can have the focus, and hears of keys.
class Place extends EventTarget {
  clicks = 0;

  focus() {
    document.activeElement = this;
  }

  click() {
    this.clicks += 1;
  }
}

// A list: a head, two items, and something that is neither.
function make(options = {}) {
  const [head, one, two, other] = [new Place(), new Place(), new Place(), new Place()];
  const found = { items: [head, one, two], first: [one, two] };
  const list = Object.assign(new Place(), { querySelectorAll: (key) => found[key], querySelector: (key) => found[key][0] ?? null });
  const filter = new Place();
  globalThis.document = { activeElement: filter };
  listenForListKeys({ list, filter, items: "items", ...options });
  // Press a key there, from where the focus is; whether the browser does nothing else.
  const press = (key, place = list) => !place.dispatchEvent(Object.assign(new Event("keydown", { cancelable: true }), { key }));
  return { head, one, two, other, found, list, filter, press };
}

const focus = () => document.activeElement;

test("arrows go down the list, and back to the search", () => {
  const { head, one, two, filter, press } = make();
  assert.ok(press("ArrowDown", filter));
  assert.equal(focus(), head);
  press("ArrowDown");
  assert.equal(focus(), one);
  press("ArrowDown");
  press("ArrowDown");
  assert.equal(focus(), two, "the last one stays");
  press("ArrowUp");
  press("ArrowUp");
  assert.equal(focus(), head);
  assert.ok(press("ArrowUp"));
  assert.equal(focus(), filter);
});

test("the search leads to the first that can be taken, and Enter takes it", () => {
  const { one, filter, press } = make({ first: "first" });
  assert.ok(press("ArrowDown", filter));
  assert.equal(focus(), one);
  press("Enter", filter);
  assert.equal(one.clicks, 1);
});

test("where there is nothing, nothing happens", () => {
  const { found, filter, press } = make();
  found.items = [];
  assert.ok(!press("ArrowDown", filter));
  assert.ok(!press("Enter", filter));
  assert.equal(focus(), filter);
});

test("other keys, and other places in the list, are left alone", () => {
  const { head, other, press } = make();
  head.focus();
  assert.ok(!press("x"));
  assert.equal(focus(), head);
  other.focus();
  assert.ok(!press("ArrowDown"));
  assert.equal(focus(), other);
});

test("Home and End go to the ends, if they are to", () => {
  const { head, two, press } = make({ ends: true });
  head.focus();
  assert.ok(press("End"));
  assert.equal(focus(), two);
  press("Home");
  assert.equal(focus(), head);
  const plain = make();
  plain.head.focus();
  assert.ok(!plain.press("End"));
  assert.equal(focus(), plain.head);
});
