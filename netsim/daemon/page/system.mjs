// What a program runs on: the platform, and how busy its machine is.

import { arrange, element, setText } from "./dom.mjs";
import { formatBytes, formatValue, isObject } from "./format.mjs";
import { Tree } from "./tree.mjs";

const LABELS = {
  username: "user",
  machine: "machine",
  processor: "processor",
  os_name: "system",
  os_release: "release",
  architecture: "architecture",
  python_version: "Python",
  python_build: "Python's build",
};

export class System {
  constructor(container, empty) {
    this.container = container;
    this.empty = empty;
    this.platform = new Card("Platform");
    this.tree = new Tree(this.platform.inside, (key) => LABELS[key] ?? key);
    this.processors = new Card("Processors");
    this.memory = new Card("Memory");
    this.others = new Card("More");
    this.more = new Tree(this.others.inside);
    this.bars = new Map();
  }

  show({ platform, hardware }) {
    const { cpus, ram, ...others } = isObject(hardware) ? hardware : {};
    const cards = [];
    if (isObject(platform)) {
      this.tree.show(platform);
      cards.push(this.platform);
    }
    if (Array.isArray(cpus) && cpus.length > 0) {
      arrange(this.processors.inside, cpus.filter(isObject).map((cpu, index) => this.#cpu(cpu, index)));
      cards.push(this.processors);
    }
    if (isObject(ram)) {
      arrange(this.memory.inside, this.#ram(ram));
      cards.push(this.memory);
    }
    const rest = Object.fromEntries(Object.entries(others).filter(([, value]) => !isNothing(value)));
    if (Object.keys(rest).length > 0) {
      this.more.show(rest);
      cards.push(this.others);
    }
    arrange(this.container, cards.map((card) => card.root));
    this.empty.hidden = cards.length > 0;
  }

  end() {
    arrange(this.container, []);
    this.empty.hidden = true;
  }

  #cpu({ id, percent, freq }, index) {
    const now = Array.isArray(freq) && typeof freq[0] === "number" ? ` · ${(freq[0] / 1000).toFixed(1)} GHz` : "";
    const part = typeof percent === "number" ? percent : 0;
    return this.#bar(`cpu ${index}`, `CPU ${formatValue(id ?? index)}`, part, `${part.toFixed(0)} %${now}`);
  }

  #ram({ total, available, used, free }) {
    const numbers = { used, available, free };
    return Object.entries(numbers)
      .filter(([, bytes]) => typeof bytes === "number")
      .map(([name, bytes]) => {
        const part = typeof total === "number" && total > 0 ? (100 * bytes) / total : 0;
        const of = typeof total === "number" ? ` of ${formatBytes(total)}` : "";
        return this.#bar(`ram ${name}`, name, part, `${formatBytes(bytes)}${of}`);
      });
  }

  #bar(key, label, percent, text) {
    if (!this.bars.has(key)) {
      this.bars.set(key, new Bar());
    }
    return this.bars.get(key).show(label, percent, text);
  }
}

class Card {
  constructor(title) {
    this.inside = element("div", { className: "tree" });
    this.root = element("section", { className: "card system" }, element("h2", {}, title), this.inside);
  }
}

class Bar {
  constructor() {
    this.label = element("span", {});
    this.text = element("span", { className: "muted" });
    this.fill = element("i", {});
    this.root = element("div", { className: "bar-row" }, this.label, this.text, element("span", { className: "track", "aria-hidden": "true" }, this.fill));
  }

  show(label, percent, text) {
    setText(this.label, label);
    setText(this.text, text);
    this.fill.style.width = `${Math.min(100, Math.max(0, percent))}%`;
    return this.root;
  }
}

function isNothing(value) {
  return value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);
}
