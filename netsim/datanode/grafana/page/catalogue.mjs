// The nodes that there are, and their fields.

import { isObject } from "./format.mjs";

const SEPARATOR = "::";
const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

// What a field is called where its node is not said.
export function nameOf(target) {
  const place = target.indexOf(SEPARATOR);
  return place < 0 ? { node: "", name: target } : { node: target.slice(0, place), name: target.slice(place + SEPARATOR.length) };
}

export class Catalogue {
  #fields = new Map();

  // `nodes` are a list of names and descriptions; `fields` those of each node by name.
  constructor(nodes = [], fields = {}) {
    const descriptions = new Map();
    for (const node of Array.isArray(nodes) ? nodes.filter(isObject) : []) {
      descriptions.set(String(node.name), text(node.description) ?? "");
    }
    const told = new Map(Object.entries(isObject(fields) ? fields : {}));
    const names = [...new Set([...descriptions.keys(), ...told.keys()])].sort(order.compare);
    this.nodes = names.map((name) => this.#node(name, descriptions.get(name) ?? "", told.get(name)));
  }

  get size() {
    return this.#fields.size;
  }

  // What is known of a field: nothing but its name, if it is not here.
  find(target) {
    return this.#fields.get(target) ?? { target, ...nameOf(target), description: "", units: null, type: null, interval: null, known: false };
  }

  // The nodes that have fields with all of these words, and only those fields.
  search(words) {
    const wanted = words.toLowerCase().split(/\s+/).filter((word) => word !== "");
    if (wanted.length === 0) {
      return this.nodes;
    }
    return this.nodes
      .map((node) => ({ ...node, fields: node.fields.filter((field) => wanted.every((word) => field.words.includes(word))) }))
      .filter((node) => node.fields.length > 0);
  }

  #node(name, description, fields) {
    const entries = Object.entries(isObject(fields) ? fields : {}).sort(([one], [other]) => order.compare(one, other));
    return { name, description, told: isObject(fields), fields: entries.map(([field, about]) => this.#field(name, field, isObject(about) ? about : {})) };
  }

  #field(node, name, about) {
    const field = {
      target: `${node}${SEPARATOR}${name}`,
      node,
      name,
      description: text(about.description) ?? "",
      units: text(about.units)?.trim() || null,
      type: text(about.type),
      interval: typeof about.interval === "number" && about.interval > 0 ? about.interval : null,
      known: true,
    };
    field.words = `${field.target} ${field.description} ${field.units ?? ""}`.toLowerCase();
    this.#fields.set(field.target, field);
    return field;
  }
}

function text(value) {
  return typeof value === "string" ? value : null;
}
