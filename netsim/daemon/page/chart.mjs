// One number of a status: its name, its value, and how it went.

import { element, setText } from "./dom.mjs";
import { formatNumber } from "./format.mjs";
import { colour } from "./theme.mjs";

const POINTS = 240;
const CONFIG = { displayModeBar: false, staticPlot: false, responsive: false };

export class Chart {
  #drawn = false;

  constructor(path) {
    const names = JSON.parse(path);
    this.path = path;
    this.words = names.join(" ").toLowerCase();
    this.visible = false;
    this.value = element("output", { className: "value" });
    this.plot = element("div", { className: "plot", "aria-hidden": "true" });
    // Names never go into a plot: plotly takes some of HTML in its texts for HTML.
    const above = names.length > 1 ? [element("span", { className: "muted" }, `${names.slice(0, -1).join(" › ")} › `)] : [];
    const caption = element("figcaption", { title: names.join(" › ") }, ...above, element("b", {}, names.at(-1)));
    this.root = element("figure", { className: "card chart" }, caption, this.value, this.plot);
  }

  show(value) {
    setText(this.value, value === undefined ? "–" : formatNumber(value));
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
    yaxis: { ...axis, range: range(values), nticks: 4, gridcolor: line, exponentformat: "SI" },
  };
}

// A little more than the values, and something to see where they are all the same.
export function range(values) {
  const some = values.filter((value) => value !== null);
  const low = Math.min(...some);
  const high = Math.max(...some);
  if (some.length === 0) {
    return [0, 1];
  }
  const room = high > low ? (high - low) * 0.08 : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

function tickFormat(span) {
  return span > 86400 ? "%b %d" : span > 240 ? "%H:%M" : "%H:%M:%S";
}

// Plotly takes Dates as the clock on the wall here.
function local(seconds) {
  return new Date(seconds * 1000);
}
