// One number of a status: its name, its value, and how it went.

import { element, setText } from "./dom.mjs";
import { formatNumber } from "./format.mjs";
import { rangeOf } from "./range.mjs";
import { colour } from "./theme.mjs";

const POINTS = 240;
const ROOM = 0.08; // of what the values go up and down: above and below them
const CONFIG = { displayModeBar: false, staticPlot: false, responsive: false };

export class Chart {
  #drawn = false;

  constructor(path) {
    const names = JSON.parse(path);
    this.path = path;
    this.words = names.join(" ").toLowerCase();
    this.value = element("output", { className: "value" });
    this.plot = element("div", { className: "plot", "aria-hidden": "true" });
    // Names never go into a plot: plotly takes some of HTML in its texts for HTML.
    const above = names.length > 1 ? [element("span", { className: "muted" }, `${names.slice(0, -1).join(" › ")} › `)] : [];
    const caption = element("figcaption", { title: names.join(" › ") }, ...above, element("b", {}, names.at(-1)));
    this.root = element("figure", { className: "card chart" }, caption, this.value, this.plot);
  }

  show(value) {
    setText(this.value, formatNumber(value));
  }

  draw(plotly, history, span) {
    const { times, values } = history.line(this.path, span, POINTS);
    const end = history.last?.time ?? 0;
    const begin = span === null ? times[0] ?? end : Math.max(end - span, Math.min(times[0] ?? end, end - span / 10));
    plotly.react(this.plot, [trace(times, values)], layout(this.plot, [begin, end], values), CONFIG);
    this.#drawn = true;
  }

  // Give back what drawing took, until it is seen again.
  clear(plotly) {
    if (this.#drawn) {
      plotly.purge(this.plot);
      this.#drawn = false;
    }
  }
}

function trace(times, values) {
  return {
    type: "scatter",
    mode: values.length === 1 ? "markers" : "lines",
    x: times.map(local),
    y: values,
    line: { color: colour("--accent"), width: 1.6 },
    fill: values.some((value) => value < 0) ? "none" : "tozeroy",
    fillcolor: colour("--accent-soft"),
    hovertemplate: "%{x|%H:%M:%S}  %{y}<extra></extra>",
  };
}

function layout(plot, [begin, end], values) {
  const [line, muted, card, text] = ["--line", "--muted", "--card", "--text"].map(colour);
  const axis = { fixedrange: true, zeroline: false, tickfont: { size: 10.5, color: muted }, ticks: "" };
  return {
    autosize: false,
    width: plot.clientWidth,
    height: plot.clientHeight,
    margin: { l: 44, r: 12, t: 6, b: 20 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    showlegend: false,
    font: { family: getComputedStyle(document.body).fontFamily },
    hovermode: "x",
    hoverlabel: { bgcolor: card, bordercolor: line, font: { color: text, size: 12 } },
    xaxis: { ...axis, type: "date", range: [local(begin), local(end)], nticks: 4, showgrid: false, tickformat: tickFormat(end - begin) },
    yaxis: { ...axis, range: rangeOf([values], ROOM) ?? [0, 1], nticks: 4, gridcolor: line, exponentformat: "SI" },
  };
}

function tickFormat(span) {
  return span > 86400 ? "%b %d" : span > 240 ? "%H:%M" : "%H:%M:%S";
}

// Plotly takes Dates as the clock on the wall here.
function local(seconds) {
  return new Date(seconds * 1000);
}
