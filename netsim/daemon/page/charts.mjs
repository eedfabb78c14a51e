// The numbers of a status as charts: those that can be seen are drawn, and never for long at once.

import { Chart } from "./chart.mjs";
import { arrange, setText } from "./dom.mjs";
import { loadPlotly } from "./plotly.mjs";

const SLICE = 12; // milliseconds of drawing per frame

export class Charts {
  #charts = new Map();
  #waiting = new Set();
  #plotly = null;
  #frame = null;
  #words = "";
  #span = 600;

  constructor(container, note, history) {
    this.container = container;
    this.note = note;
    this.history = history;
    this.seen = new IntersectionObserver((entries) => this.#looked(entries), { rootMargin: "120px" });
    this.sized = new ResizeObserver(() => this.redraw());
    this.sized.observe(container);
  }

  // There are new values.
  update() {
    const numbers = this.history.last?.numbers ?? new Map();
    const shown = [...numbers.keys()].map((path) => this.#chart(path)).filter((chart) => chart.words.includes(this.#words));
    for (const [path, chart] of this.#charts) {
      chart.show(numbers.get(path));
    }
    for (const [path, chart] of this.#charts) {
      if (!numbers.has(path)) {
        this.#forget(path, chart);
      }
    }
    arrange(this.container, shown.map((chart) => chart.root));
    if (numbers.size > 0) {
      this.#load();
    }
    this.redraw();
  }

  filter(text) {
    this.#words = text.trim().toLowerCase();
    this.update();
  }

  span(seconds) {
    this.#span = seconds;
    this.redraw();
  }

  redraw() {
    for (const chart of this.#charts.values()) {
      if (chart.visible && chart.root.isConnected) {
        this.#waiting.add(chart);
      }
    }
    this.#schedule();
  }

  end() {
    cancelAnimationFrame(this.#frame);
    this.seen.disconnect();
    this.sized.disconnect();
    for (const [path, chart] of this.#charts) {
      this.#forget(path, chart);
    }
    arrange(this.container, []);
  }

  #chart(path) {
    if (!this.#charts.has(path)) {
      const chart = new Chart(path);
      this.#charts.set(path, chart);
      this.seen.observe(chart.root);
    }
    return this.#charts.get(path);
  }

  #forget(path, chart) {
    this.#charts.delete(path);
    this.#waiting.delete(chart);
    this.seen.unobserve(chart.root);
    chart.clear(this.#plotly);
  }

  #looked(entries) {
    const charts = new Map([...this.#charts.values()].map((chart) => [chart.root, chart]));
    for (const { target, isIntersecting } of entries) {
      const chart = charts.get(target);
      if (chart === undefined) {
        continue;
      }
      chart.visible = isIntersecting;
      if (isIntersecting) {
        this.#waiting.add(chart);
      } else {
        this.#waiting.delete(chart);
        chart.clear(this.#plotly);
      }
    }
    this.#schedule();
  }

  #load() {
    if (this.#plotly === null) {
      loadPlotly().then(
        (plotly) => {
          this.#plotly = plotly;
          this.note.hidden = true;
          this.#schedule();
        },
        (error) => {
          setText(this.note, `No charts: ${error.message}. The numbers are up to date all the same.`);
          this.note.hidden = false;
        },
      );
    }
  }

  #schedule() {
    if (this.#plotly !== null && this.#waiting.size > 0) {
      cancelAnimationFrame(this.#frame);
      this.#frame = requestAnimationFrame(() => this.#draw());
    }
  }

  #draw() {
    const end = performance.now() + SLICE;
    for (const chart of this.#waiting) {
      this.#waiting.delete(chart);
      chart.draw(this.#plotly, this.history, this.#span);
      if (performance.now() > end) {
        break;
      }
    }
    this.#schedule();
  }
}
