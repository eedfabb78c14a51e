// The list of projects.

import { arrange, element, setText } from "./dom.mjs";
import { formatSeconds } from "./format.mjs";
import { listenForListKeys } from "./listkeys.mjs";
import { routeTo } from "./route.mjs";

// How long ago something was.
export function ago(seconds, now = Date.now() / 1000) {
  return now - seconds < 1 ? "now" : `${formatSeconds(Math.floor(now - seconds))} ago`;
}

// What a project is called.
export function titleOf(project) {
  return typeof project.display_name === "string" && project.display_name ? project.display_name : project.name;
}

export class ProjectList {
  #items = new Map();
  #projects = [];
  #chosen = null;

  constructor(list, filter, note) {
    this.list = list;
    this.filter = filter;
    this.note = note;
    filter.addEventListener("input", () => this.#arrange());
    listenForListKeys({ list, filter, items: "a", ends: true });
  }

  // Show these: those that are online first, then by name.
  show(projects) {
    const byTitle = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
    this.#projects = [...projects].sort((a, b) => b.online - a.online || byTitle.compare(titleOf(a), titleOf(b)));
    const names = new Set(projects.map((project) => project.name));
    [...this.#items.keys()].filter((name) => !names.has(name)).forEach((name) => this.#items.delete(name));
    this.#arrange();
  }

  choose(name) {
    this.#chosen = name;
    this.#arrange();
    this.#items.get(name)?.link.scrollIntoView({ block: "nearest" });
  }

  #arrange() {
    const words = this.filter.value.toLowerCase().split(/\s+/);
    const shown = this.#projects.filter((project) => {
      const text = `${project.name} ${titleOf(project)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    arrange(this.list, shown.map((project) => this.#item(project).show(project, this.#chosen)));
    this.note.hidden = shown.length > 0 || this.#projects.length === 0;
    setText(this.note, "No project has this in its name.");
  }

  #item(project) {
    if (!this.#items.has(project.name)) {
      this.#items.set(project.name, new Item(project.name));
    }
    return this.#items.get(project.name);
  }
}

class Item {
  constructor(name) {
    this.dot = element("i", { className: "dot" });
    this.title = element("span", { className: "name" });
    this.facts = element("span", { className: "muted small" });
    this.state = element("span", { className: "sr-only" });
    this.link = element("a", { href: routeTo(name) }, this.dot, this.title, this.state, this.facts);
    this.root = element("li", {}, this.link);
  }

  show(project, chosen) {
    setText(this.title, titleOf(project));
    this.title.title = project.name;
    setText(this.state, project.online ? "online" : "offline since");
    setText(this.facts, project.online ? "" : ago(project.last_seen));
    this.dot.dataset.state = project.online ? "good" : "";
    this.link.toggleAttribute("aria-current", project.name === chosen);
    return this.root;
  }
}
