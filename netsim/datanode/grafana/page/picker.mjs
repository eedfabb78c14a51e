// The fields that there are, by their nodes, to choose from.

import { arrange, element, setText } from "./dom.mjs";
import { counted } from "./format.mjs";
import { listenForListKeys } from "./listkeys.mjs";

const MOST_ROWS = 150; // of a node: the rest is found by searching

export class Picker {
  #groups = new Map();
  #catalogue = null;
  #chosen = new Set();

  // `toggled` is given fields, and whether they are chosen.
  constructor({ list, filter, note, toggled }) {
    Object.assign(this, { list, filter, note, toggled });
    filter.addEventListener("input", () => this.#arrange());
    listenForListKeys({ list, filter, items: "summary, details[open] input", first: "li input" });
  }

  show(catalogue, chosen) {
    this.#catalogue = catalogue;
    this.#chosen = new Set(chosen);
    this.#arrange();
  }

  #arrange() {
    if (this.#catalogue === null) {
      return;
    }
    const searching = this.filter.value.trim() !== "";
    const nodes = this.#catalogue.search(this.filter.value);
    arrange(this.list, nodes.map((node) => this.#group(node.name).show(node, this.#chosen, searching)));
    this.note.hidden = nodes.length > 0 || this.#catalogue.nodes.length === 0;
    setText(this.note, "No field has these words in its name or description.");
  }

  #group(name) {
    if (!this.#groups.has(name)) {
      this.#groups.set(name, new Group(name, this.toggled));
    }
    return this.#groups.get(name);
  }
}

class Group {
  #rows = new Map();
  #fields = [];
  #wasOpen = null; // before something was searched

  constructor(name, toggled) {
    this.toggled = toggled;
    this.count = element("span", { className: "muted small" });
    this.about = element("p", { className: "muted small about" });
    this.all = element("button", { type: "button", className: "quiet small", onclick: () => this.#toggleAll() });
    this.list = element("ul", {});
    this.more = element("p", { className: "muted small more" });
    const summary = element("summary", {}, element("b", { title: name }, name), this.count);
    this.root = element("details", { open: true }, summary, this.about, this.list, this.more, this.all);
  }

  show(node, chosen, searching) {
    this.#open(searching);
    this.#fields = node.fields.slice(0, MOST_ROWS);
    const some = this.#fields.filter(({ target }) => chosen.has(target)).length;
    setText(this.count, some > 0 ? `${some} of ${node.fields.length}` : `${node.fields.length}`);
    setText(this.about, node.description);
    this.about.hidden = node.description === "";
    arrange(this.list, this.#fields.map((field) => this.#row(field).show(field, chosen.has(field.target))));
    this.isAll = some === this.#fields.length;
    this.all.hidden = this.#fields.length < 2;
    setText(this.all, this.isAll ? "None of these" : "All of these");
    this.all.setAttribute("aria-label", `${this.all.textContent} of ${node.name}`);
    const rest = node.fields.length - this.#fields.length;
    this.more.hidden = rest === 0 && node.fields.length > 0;
    setText(this.more, rest > 0 ? `${counted(rest, "more field")}: search to find them.` : node.told ? "It has no fields." : "It has not told its fields yet.");
    return this.root;
  }

  // What is found is seen; without a search, groups are as they were left.
  #open(searching) {
    if (searching && this.#wasOpen === null) {
      this.#wasOpen = this.root.open;
      this.root.open = true;
    } else if (!searching && this.#wasOpen !== null) {
      this.root.open = this.#wasOpen;
      this.#wasOpen = null;
    }
  }

  #row({ target }) {
    if (!this.#rows.has(target)) {
      this.#rows.set(target, new Row(target, this.toggled));
    }
    return this.#rows.get(target);
  }

  #toggleAll() {
    this.toggled(this.#fields.map(({ target }) => target), !this.isAll);
  }
}

class Row {
  constructor(target, toggled) {
    this.box = element("input", { type: "checkbox", onchange: () => toggled([target], this.box.checked) });
    this.name = element("span", { className: "name" });
    this.units = element("span", { className: "muted small units" });
    this.about = element("span", { className: "muted small about" });
    this.root = element("li", {}, element("label", {}, this.box, this.name, this.units, this.about));
  }

  show(field, chosen) {
    this.box.checked = chosen;
    setText(this.name, field.name);
    setText(this.units, field.units ?? "");
    setText(this.about, field.description);
    this.about.hidden = field.description === "" || field.description === field.name;
    this.root.title = [field.target, field.description].filter((text) => text !== "").join("\n");
    return this.root;
  }
}
