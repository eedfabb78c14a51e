// What is shown, as a table: which line is which field, and its values.

import { arrange, element, setText } from "./dom.mjs";
import { formatNumber, formatValue } from "./format.mjs";
import { NUMBER, factsOf, latest, nearest } from "./series.mjs";

const FINE = 3; // digits of what a line goes up and down

export class Legend {
  #rows = new Map();
  #lines = [];

  // `removed` and `hidden` are given a field.
  constructor({ body, title, removed, hidden }) {
    Object.assign(this, { body, title, removed, hidden });
  }

  // `lines` have a field, its kind, values over time and how they are drawn.
  show(lines) {
    this.#lines = lines;
    const targets = new Set(lines.map(({ field }) => field.target));
    [...this.#rows.keys()].filter((target) => !targets.has(target)).forEach((target) => this.#rows.delete(target));
    arrange(this.body, lines.map((line) => this.#row(line.field.target).show(line)));
  }

  // The values at a time; null: the last ones.
  point(time) {
    setText(this.title, time === null ? "Last" : "At the line");
    this.#lines.forEach((line) => this.#row(line.field.target).point(time));
  }

  #row(target) {
    if (!this.#rows.has(target)) {
      this.#rows.set(target, new Row(target, this));
    }
    return this.#rows.get(target);
  }
}

// Where in a line the value for a time is; -1: there is none.
export function placeAt({ kind, times }, time) {
  return kind === NUMBER ? nearest(times, time) : latest(times, time);
}

// How a line is drawn, to be seen beside its name.
export function swatch() {
  const mark = element("span", { className: "swatch", "aria-hidden": "true" });
  return {
    root: mark,
    show({ colour, dash }) {
      mark.style.color = `var(${colour})`;
      mark.dataset.dash = dash;
    },
  };
}

// Write a value so that it can be told from others of its line.
export function writeValue(value, { low, high }) {
  if (typeof value !== "number" || low === null) {
    return value === null ? "–" : formatValue(value);
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  const digits = high > low ? Math.ceil(Math.log10(size / (high - low))) + FINE : 0;
  return formatNumber(value, Math.min(15, Math.max(6, digits)));
}

class Row {
  #line = null;
  #facts = null;
  #time = null;

  constructor(target, { removed, hidden }) {
    this.swatch = swatch();
    this.node = element("span", { className: "muted node" });
    this.name = element("span", { className: "name" });
    this.note = element("span", { className: "pill" });
    this.switch = element("button", { type: "button", className: "quiet field", onclick: () => hidden(target) }, this.swatch.root, element("span", { className: "both" }, this.node, this.name), this.note);
    this.value = element("td", { className: "value" });
    this.low = element("td", { className: "wide" });
    this.high = element("td", { className: "wide" });
    this.units = element("td", { className: "muted units" });
    this.remove = element("button", { type: "button", className: "quiet icon", title: "Remove", onclick: () => removed(target) }, "×");
    this.remove.setAttribute("aria-label", `Remove ${target}`);
    this.root = element("tr", {}, element("th", { scope: "row" }, this.switch), this.value, this.low, this.high, this.units, element("td", {}, this.remove));
  }

  show(line) {
    this.#line = line;
    this.swatch.show(line.style);
    setText(this.node, line.field.node && `${line.field.node} › `);
    setText(this.name, line.field.name);
    this.switch.title = [line.field.target, line.field.description, line.hidden ? "Show it" : "Hide it"].filter((text) => text !== "").join("\n");
    this.switch.setAttribute("aria-pressed", String(!line.hidden));
    setText(this.note, line.note ?? "");
    this.note.hidden = !line.note;
    this.note.dataset.state = "warn";
    this.#facts = factsOf(line.values);
    setText(this.low, writeValue(this.#facts.low, this.#facts));
    setText(this.high, writeValue(this.#facts.high, this.#facts));
    setText(this.units, line.field.units ?? "");
    this.root.classList.toggle("off", line.hidden);
    this.point(this.#time);
    return this.root;
  }

  point(time) {
    this.#time = time;
    const place = time === null ? -1 : placeAt(this.#line, time);
    const value = time === null ? this.#facts.last : place < 0 ? null : this.#line.values[place];
    setText(this.value, writeValue(value, this.#facts));
    this.value.title = typeof value === "string" ? value : "";
  }
}
