// One chart: lines over time, with an axis at the left and maybe one at the right.

import { axisOf, plain, roomFor } from "./axes.mjs";
import { element, setText } from "./dom.mjs";
import { placeAt } from "./legend.mjs";
import { NUMBER, STRING, withGaps } from "./series.mjs";
import { colour } from "./theme.mjs";
import { Title, titleOf } from "./title.mjs";

const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false, showAxisDragHandles: false };
const TOP = 8;
const BOTTOM = 36;
const FEW = 12; // pixels for each sample, so that it is marked
const NAMES = ["y", "y2"];

export class Plot {
  #panel = null;
  #axes = [];
  #view = null;
  #drawn = false;

  // `zoomed` is given a range that was chosen with the mouse.
  constructor(zoomed) {
    this.zoomed = zoomed;
    this.titles = [new Title(), new Title()];
    this.area = element("div", { className: "plot", "aria-hidden": "true" });
    this.note = element("p", { className: "muted small empty", hidden: true });
    this.cross = element("div", { className: "cross", hidden: true });
    this.root = element("section", { className: "panel" }, element("p", { className: "units small muted" }, ...this.titles.map(({ root }) => root)), element("div", { className: "inside" }, this.area, this.cross), this.note);
  }

  // `marked`: it is told which lines belong to it; `each`: it is named after its field.
  take(panel, { each, marked }) {
    this.#panel = panel;
    this.#axes = panel.axes.map(({ lines }) => axisOf(panel.kind, lines.filter(({ hidden }) => !hidden).map(({ values }) => values)));
    const isMarked = marked || panel.axes.length > 1;
    const texts = panel.axes.map((axis) => titleOf(panel.kind, axis, { each, marked: isMarked }));
    this.titles.forEach((title, side) => title.show(texts[side] ?? "", isMarked ? panel.axes[side]?.lines ?? [] : []));
    this.titles[0].root.parentElement.hidden = !isMarked && texts.join("") === "";
    this.root.dataset.kind = panel.kind;
    const tooMany = panel.kind === STRING && this.#axes[0].marks === null;
    this.area.parentElement.hidden = tooMany;
    this.note.hidden = !tooMany;
    setText(this.note, `${panel.axes[0].lines[0].field.name} has too many different texts for a chart. The table below has the last one, and the CSV all that are shown.`);
  }

  // Pixels that are needed beside the chart.
  get rooms() {
    const [left, right] = this.#axes.map((axis) => roomFor(this.#panel.kind, axis));
    return [left, right ?? 0];
  }

  // `view` has a range, a zone and the margins at both sides.
  draw(plotly, view) {
    this.#view = view;
    if (this.area.parentElement.hidden || this.area.clientWidth === 0) {
      return;
    }
    const traces = this.#panel.axes.flatMap(({ lines }, side) => lines.filter(({ hidden }) => !hidden).map((line) => this.#trace(line, side)));
    plotly.react(this.area, [...traces, ...this.#axes.map((_, side) => ({ x: [], y: [], yaxis: NAMES[side] }))], this.#layout(), CONFIG);
    if (!this.#drawn) {
      this.area.on("plotly_relayout", (change) => this.#relayout(change));
      this.#drawn = true;
    }
  }

  // Give back what drawing took, until it is seen again.
  clear(plotly) {
    if (this.#drawn) {
      plotly.purge(this.area);
      this.#drawn = false;
    }
  }

  // The time at a place in the window; null: outside of the axes.
  timeAt(x) {
    if (this.#view === null) {
      return null;
    }
    const { left, width } = this.#box();
    const { from, to } = this.#view.range;
    const part = (x - left) / width;
    return part < 0 || part > 1 ? null : from + part * (to - from);
  }

  // Show a line at a time; null: none.
  point(time) {
    const { from, to } = this.#view?.range ?? { from: 0, to: 0 };
    this.cross.hidden = time === null || !(time >= from && time <= to);
    if (!this.cross.hidden) {
      const [left, right] = this.#view.margins;
      this.cross.style.left = `${left + ((time - from) / (to - from)) * (this.area.clientWidth - left - right)}px`;
    }
  }

  // The line that is nearest to a place in the window, and the sample of it for a time.
  lineAt(time, y) {
    const { top, height } = this.#box();
    let found = null;
    this.#panel.axes.forEach(({ lines }, side) => {
      const { range: [low, high], place } = this.#axes[side];
      for (const line of lines.filter(({ hidden }) => !hidden)) {
        const sample = placeAt(line, time);
        const value = sample < 0 ? null : place(line.values[sample]);
        if (value !== null) {
          const distance = Math.abs(top + ((high - value) / (high - low)) * height - y);
          found = found !== null && found.distance <= distance ? found : { line, sample, distance };
        }
      }
    });
    return found;
  }

  #box() {
    const { left, top } = this.area.getBoundingClientRect();
    const [begin, end] = this.#view.margins;
    return {
      left: left + begin,
      top: top + TOP,
      width: this.area.clientWidth - begin - end,
      height: this.area.clientHeight - TOP - BOTTOM,
    };
  }

  #trace(line, side) {
    const { times, values } = line.kind === NUMBER ? withGaps(line, line.field.interval) : line;
    const { colour: name, dash } = line.style;
    const { place } = this.#axes[side];
    const few = line.times.length * FEW < this.area.clientWidth;
    return {
      type: "scatter",
      mode: few ? "lines+markers" : "lines",
      x: times.map((time) => this.#view.zone.plot(time)),
      y: values.map(place),
      yaxis: NAMES[side],
      line: { color: colour(name), width: 1.7, dash, shape: line.kind === NUMBER ? "linear" : "hv" },
      marker: { color: colour(name), size: 4.5 },
      opacity: line.note ? 0.55 : 1,
      hoverinfo: "skip",
    };
  }

  #layout() {
    const [line, muted] = ["--line", "--muted"].map(colour);
    const { range, zone, margins } = this.#view;
    const axis = { zeroline: false, ticks: "", tickfont: { size: 11, color: muted }, linecolor: line };
    const [left, right] = this.#axes.map(({ range: ends, marks, isEmpty }) => ({
      ...axis,
      range: ends,
      fixedrange: true,
      exponentformat: "SI",
      nticks: Math.max(5, Math.floor(this.area.clientHeight / 40)),
      tickmode: "auto",
      showticklabels: !isEmpty,
      ...(marks === null ? {} : { tickmode: "array", tickvals: marks.map(([place]) => place), ticktext: marks.map(([, text]) => plain(text)) }),
    }));
    return {
      autosize: false,
      width: this.area.clientWidth,
      height: this.area.clientHeight,
      margin: { l: margins[0], r: margins[1], t: TOP, b: BOTTOM },
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      showlegend: false,
      hovermode: false,
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      font: { family: getComputedStyle(document.body).fontFamily },
      xaxis: { ...axis, type: "date", range: [zone.plot(range.from), zone.plot(range.to)], nticks: Math.max(3, Math.floor(this.area.clientWidth / 110)), gridcolor: line, autorange: false },
      yaxis: { ...left, gridcolor: line },
      ...(right ? { yaxis2: { ...right, side: "right", overlaying: "y", showgrid: false } } : {}),
    };
  }

  #relayout(change) {
    const [begin, end] = [change["xaxis.range[0]"], change["xaxis.range[1]"]].map((text) => this.#view.zone.read(String(text)));
    if (end > begin) {
      this.zoomed({ from: begin, to: end });
    }
  }
}
