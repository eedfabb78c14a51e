// Drawings: those that can be seen are drawn, and never for long at once.

import { arrange } from "./dom.mjs";
import { loadPlotly } from "./plotly.mjs";

const SLICE = 12; // milliseconds of drawing per frame

export class Drawings {
  #parts = new Map();
  #visible = new Set();
  #waiting = new Set();
  #plotly = null;
  #frame = null;
  #held = false;

  // `make` is given a key, and makes what has a root and can be cleared; `draw` is given that, and
  // plotly. `failed` is given a sentence, where nothing can be drawn, or null; `rest` is what is up
  // to date even then. `margin`: what is so near is drawn, too; `keeps`: once drawn, it stays so.
  constructor({ container, make, draw, failed, rest, margin, keeps = false, load = loadPlotly }) {
    Object.assign(this, { container, make, draw, failed, rest, keeps, load });
    this.seen = new IntersectionObserver((entries) => this.#looked(entries), { rootMargin: margin });
    this.sized = new ResizeObserver(() => this.redraw());
    this.sized.observe(container);
  }

  // All that there are.
  get parts() {
    return [...this.#parts.values()];
  }

  // Those of these keys; all others are forgotten.
  of(keys) {
    const wanted = new Set(keys);
    [...this.#parts].filter(([key]) => !wanted.has(key)).forEach(([key, part]) => this.#forget(key, part));
    return keys.map((key) => this.#part(key));
  }

  // Have these in the container, as they are now.
  show(parts) {
    arrange(this.container, parts.map((part) => part.root));
    if (this.#parts.size > 0) {
      this.#load();
    }
    this.redraw();
  }

  redraw() {
    this.parts.filter((part) => this.#visible.has(part) && part.root.isConnected).forEach((part) => this.#waiting.add(part));
    this.#schedule();
  }

  // Draw nothing, until it is no longer held.
  hold(isHeld) {
    this.#held = isHeld;
    this.#schedule();
  }

  end() {
    cancelAnimationFrame(this.#frame);
    this.seen.disconnect();
    this.sized.disconnect();
    this.of([]);
    arrange(this.container, []);
  }

  #part(key) {
    if (!this.#parts.has(key)) {
      const part = this.make(key);
      this.#parts.set(key, part);
      this.seen.observe(part.root);
    }
    return this.#parts.get(key);
  }

  #forget(key, part) {
    this.#parts.delete(key);
    this.#visible.delete(part);
    this.#waiting.delete(part);
    this.seen.unobserve(part.root);
    part.clear(this.#plotly);
  }

  #looked(entries) {
    const parts = new Map(this.parts.map((part) => [part.root, part]));
    for (const { target, isIntersecting } of entries) {
      const part = parts.get(target);
      if (part !== undefined) {
        this.#turn(part, isIntersecting);
      }
    }
    this.#schedule();
  }

  // It has come into sight, or gone.
  #turn(part, isVisible) {
    for (const set of [this.#visible, this.#waiting]) {
      set[isVisible ? "add" : "delete"](part);
    }
    if (!isVisible && !this.keeps) {
      part.clear(this.#plotly);
    }
  }

  #load() {
    if (this.#plotly === null) {
      this.load().then(
        (plotly) => {
          this.#plotly = plotly;
          this.failed(null);
          this.#schedule();
        },
        (error) => this.failed(`No charts: ${error.message}. ${this.rest} up to date all the same.`),
      );
    }
  }

  #schedule() {
    if (this.#plotly !== null && this.#waiting.size > 0 && !this.#held) {
      cancelAnimationFrame(this.#frame);
      this.#frame = requestAnimationFrame(() => this.#draw());
    }
  }

  #draw() {
    const end = performance.now() + SLICE;
    for (const part of this.#waiting) {
      this.#waiting.delete(part);
      this.draw(part, this.#plotly);
      if (performance.now() > end) {
        break;
      }
    }
    this.#schedule();
  }
}
