// Any JSON value as a tree that can be read; what has not changed is left alone.

import { arrange, element, setText } from "./dom.mjs";
import { formatValue } from "./format.mjs";

const MOST_CHILDREN = 200;
const MOST_TEXT = 4000;

export class Tree {
  #branches = new Map();

  // `labels` says how keys are written.
  constructor(root, labels = (key) => key) {
    this.root = root;
    this.labels = labels;
  }

  show(object) {
    const entries = Object.entries(object);
    const rows = entries.slice(0, MOST_CHILDREN).map(([key, value]) => this.#row(key, value));
    const gone = new Set(this.#branches.keys()).difference(new Set(entries.slice(0, MOST_CHILDREN).map(([key]) => key)));
    gone.forEach((key) => this.#branches.delete(key));
    const more = entries.length - rows.length;
    this.more ??= element("p", { className: "muted small" });
    setText(this.more, `… and ${more} more`);
    arrange(this.root, more > 0 ? [...rows, this.more] : rows);
  }

  #row(key, value) {
    const kind = isBranch(value) ? "branch" : "leaf";
    let row = this.#branches.get(key);
    if (row?.kind !== kind) {
      row = kind === "branch" ? new Branch(this.labels(key)) : new Leaf(this.labels(key));
      this.#branches.set(key, row);
    }
    row.show(value);
    return row.root;
  }
}

class Branch {
  kind = "branch";

  constructor(label) {
    this.count = element("span", { className: "muted small" });
    const inside = element("div", { className: "inside" });
    const summary = element("summary", {}, element("b", {}, label), this.count);
    this.root = element("details", { open: true }, summary, inside);
    this.tree = new Tree(inside);
  }

  show(value) {
    const size = Object.keys(value).length;
    setText(this.count, Array.isArray(value) ? `list of ${size}` : "");
    this.tree.show(value);
  }
}

class Leaf {
  kind = "leaf";

  constructor(label) {
    this.value = element("span", { className: "mono" });
    this.root = element("div", { className: "leaf" }, element("span", { className: "muted" }, label), this.value);
  }

  show(value) {
    this.value.dataset.type = value === null || isEmpty(value) ? "none" : typeof value;
    setText(this.value, shortened(isList(value) ? value.map(formatValue).join(", ") || "empty" : isEmpty(value) ? "empty" : formatValue(value)));
  }
}

function isEmpty(value) {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

// A short list of short values is read in one line.
function isList(value) {
  return Array.isArray(value) && value.length <= 20 && value.every((item) => typeof item !== "object" || item === null);
}

function isBranch(value) {
  return typeof value === "object" && value !== null && !isEmpty(value) && !isList(value);
}

function shortened(text) {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)} …` : text;
}
