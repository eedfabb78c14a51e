// The numbers of a status as charts.

import { Chart } from "./chart.mjs";
import { setText } from "./dom.mjs";
import { Drawings } from "./drawings.mjs";

export class Charts {
  #words = "";
  #span = 600;

  constructor(container, note, history) {
    this.note = note;
    this.history = history;
    this.drawings = new Drawings({
      container,
      make: (path) => new Chart(path),
      draw: (chart, plotly) => chart.draw(plotly, history, this.#span),
      failed: (text) => this.#failed(text),
      rest: "The numbers are",
      margin: "120px",
    });
  }

  // There are new values.
  update() {
    const numbers = this.history.last?.numbers ?? new Map();
    const charts = this.drawings.of([...numbers.keys()]);
    charts.forEach((chart) => chart.show(numbers.get(chart.path)));
    this.drawings.show(charts.filter((chart) => chart.words.includes(this.#words)));
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
    this.drawings.redraw();
  }

  end() {
    this.drawings.end();
  }

  #failed(text) {
    setText(this.note, text ?? "");
    this.note.hidden = text === null;
  }
}
