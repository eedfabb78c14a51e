import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { Drawings } from "../../../netsim/web/static/drawings.mjs";

let frames = new Map();
let now = 0;
let page = null; // who looks at what

class Observer {
  watched = new Set();

  constructor(tell, options) {
    Object.assign(this, { tell, options });
    page[this.constructor.name] = this;
  }

  observe(root) {
    this.watched.add(root);
  }

  unobserve(root) {
    this.watched.delete(root);
  }

  disconnect() {
    this.watched.clear();
  }
}

globalThis.IntersectionObserver = class IntersectionObserver extends Observer {};
globalThis.ResizeObserver = class ResizeObserver extends Observer {};
globalThis.requestAnimationFrame = (draw) => {
  page.frame += 1;
  frames.set(page.frame, draw);
  return page.frame;
};
globalThis.cancelAnimationFrame = (frame) => frames.delete(frame);
performance.now = () => now;

beforeEach(() => {
  [frames, now, page] = [new Map(), 0, { frame: 0 }];
});

// What `arrange` needs of an element.
class Container {
  children = [];

  get firstElementChild() {
    return this.children[0] ?? null;
  }

  insertBefore(child) {
    Object.assign(child, { isConnected: true, remove: () => this.#remove(child) });
    this.children = [...this.children.filter((other) => other !== child), child];
  }

  #remove(child) {
    child.isConnected = false;
    this.children = this.children.filter((other) => other !== child);
  }
}

// Drawings, and what becomes of them; each takes so many milliseconds.
function make({ cost = 0, load = async () => "plotly", ...options } = {}) {
  const made = { drawn: [], cleared: [], told: [], container: new Container() };
  made.drawings = new Drawings({
    container: made.container,
    make: (key) => ({ key, root: { key, isConnected: false }, clear: () => made.cleared.push(key) }),
    draw: ({ key }, plotly) => {
      assert.equal(plotly, "plotly");
      made.drawn.push(key);
      now += cost;
    },
    failed: (text) => made.told.push(text),
    rest: "The rest is",
    margin: "9px",
    load,
    ...options,
  });
  made.show = (...keys) => made.drawings.show(made.drawings.of(keys));
  return made;
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

// Those that are given come into sight, or go.
function look(drawings, keys, isIntersecting = true) {
  const roots = drawings.parts.filter(({ key }) => keys.includes(key)).map(({ root }) => root);
  page.IntersectionObserver.tell(roots.map((target) => ({ target, isIntersecting })));
}

// Paint once.
function paint() {
  const due = [...frames.values()];
  frames.clear();
  due.forEach((draw) => draw());
}

// What was drawn since.
function taken({ drawn }) {
  paint();
  return drawn.splice(0).join("");
}

test("only what can be seen is drawn", async () => {
  const made = make();
  made.show("a", "b", "c");
  look(made.drawings, ["a", "c"]);
  assert.equal(taken(made), "", "the library is not there");
  await settle();
  assert.deepEqual([taken(made), made.told], ["ac", [null]]);
  assert.equal(taken(made), "");
  page.ResizeObserver.tell();
  assert.equal(taken(made), "ac");
  look(made.drawings, ["b"]);
  assert.equal(taken(made), "b");
  assert.equal(page.IntersectionObserver.options.rootMargin, "9px");
});

test("what has gone from sight gives back what it took, or keeps it", async () => {
  for (const [keeps, cleared] of [[false, "a"], [true, ""]]) {
    const made = make({ keeps });
    made.show("a", "b");
    await settle();
    look(made.drawings, ["a", "b"]);
    look(made.drawings, ["a"], false);
    assert.deepEqual([taken(made), made.cleared.join("")], ["b", cleared]);
    made.drawings.redraw();
    assert.equal(taken(made), "b");
  }
});

test("those that are no longer there are forgotten, and others stay the same", async () => {
  const made = make();
  made.show("a", "b");
  await settle();
  look(made.drawings, ["a", "b"]);
  const [, kept] = made.drawings.parts;
  made.show("c", "b");
  assert.ok(made.drawings.parts.includes(kept));
  assert.deepEqual([taken(made), made.cleared.join("")], ["b", "a"]);
  assert.equal([...page.IntersectionObserver.watched].map(({ key }) => key).sort().join(""), "bc");
});

test("what is not in the container waits until it is", async () => {
  const made = make();
  made.show("a", "b");
  await settle();
  look(made.drawings, ["a", "b"]);
  taken(made);
  const parts = made.drawings.of(["a", "b"]);
  made.drawings.show(parts.slice(0, 1));
  assert.deepEqual([taken(made), made.cleared], ["a", []]);
  made.drawings.show(parts);
  assert.equal(taken(made), "ab");
});

test("many are drawn over some frames", async () => {
  const made = make({ cost: 5 });
  made.show(..."abcde");
  await settle();
  look(made.drawings, [..."abcde"]);
  assert.deepEqual([taken(made), taken(made), taken(made)], ["abc", "de", ""]);
});

test("while they are held nothing is drawn", async () => {
  const made = make();
  made.show("a");
  await settle();
  made.drawings.hold(true);
  look(made.drawings, ["a"]);
  assert.equal(taken(made), "");
  made.drawings.hold(false);
  assert.equal(taken(made), "a");
});

test("without the library it is told, and tried again", async () => {
  const answers = [() => Promise.reject(new Error("it is away")), async () => "plotly"];
  const made = make({ load: () => answers.shift()() });
  made.drawings.show([]);
  assert.equal(answers.length, 2, "nothing is to be drawn");
  made.show("a");
  look(made.drawings, ["a"]);
  await settle();
  assert.deepEqual(made.told, ["No charts: it is away. The rest is up to date all the same."]);
  made.show("a");
  await settle();
  assert.deepEqual([taken(made), made.told.at(-1)], ["a", null]);
});

test("after the end nothing is left", async () => {
  const made = make();
  made.show("a", "b");
  await settle();
  look(made.drawings, ["a"]);
  made.drawings.end();
  page.ResizeObserver.tell();
  assert.deepEqual([taken(made), made.cleared.join(""), made.container.children], ["", "ab", []]);
  assert.deepEqual([page.IntersectionObserver.watched.size, page.ResizeObserver.watched.size], [0, 0]);
});
