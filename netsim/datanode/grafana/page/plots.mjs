// All charts: those that can be seen are drawn, and one place in time is marked in all of them.

import { arrange, element, setText } from "./dom.mjs";
import { swatch, writeValue } from "./legend.mjs";
import { Plot } from "./plot.mjs";
import { loadPlotly } from "./plotly.mjs";
import { factsOf } from "./series.mjs";

const SLICE = 12; // milliseconds of drawing per frame
const MARGIN = 24;
const STEP = 0.02; // of the range: how far a key goes

export class Plots {
  #plots = new Map();
  #waiting = new Set();
  #plotly = null;
  #frame = null;
  #view = null;
  #dragging = false;
  #cursor = null;

  // `zoomed` is given a range, `scaled` a factor, `moved` a part; `pointed` a time or null;
  // `failed` a sentence, where nothing can be drawn, or null.
  constructor({ container, tip, ...listeners }) {
    Object.assign(this, { container, tip }, listeners);
    this.mark = swatch();
    this.what = element("span", {});
    this.when = element("span", { className: "muted small" });
    tip.append(element("span", { className: "both" }, this.mark.root, this.what), this.when);
    this.seen = new IntersectionObserver((entries) => this.#looked(entries), { root: null, rootMargin: "80px" });
    new ResizeObserver(() => this.redraw()).observe(container);
    this.#listen();
  }

  // `panels` have lines; `view` a range, a zone, and whether each field has its own chart.
  show(panels, view) {
    this.#view = view;
    const keys = new Set(panels.map(({ key }) => key));
    [...this.#plots].filter(([key]) => !keys.has(key)).forEach(([key, plot]) => this.#forget(key, plot));
    const plots = panels.map((panel) => this.#plot(panel.key));
    const marked = panels.length > 1;
    plots.forEach((plot, index) => plot.take(panels[index], { each: view.each, marked }));
    arrange(this.container, plots.map((plot) => plot.root));
    view.margins = [0, 1].map((side) => Math.max(MARGIN, ...plots.map((plot) => plot.rooms[side])));
    if (panels.length > 0) {
      this.#load();
    }
    this.redraw();
  }

  redraw() {
    [...this.#plots.values()].filter(({ visible }) => visible).forEach((plot) => this.#waiting.add(plot));
    this.#schedule();
  }

  #plot(key) {
    if (!this.#plots.has(key)) {
      const plot = new Plot(this.zoomed);
      this.#plots.set(key, plot);
      this.seen.observe(plot.root);
    }
    return this.#plots.get(key);
  }

  #forget(key, plot) {
    this.#plots.delete(key);
    this.#waiting.delete(plot);
    this.seen.unobserve(plot.root);
    plot.clear(this.#plotly);
  }

  #looked(entries) {
    const plots = new Map([...this.#plots.values()].map((plot) => [plot.root, plot]));
    for (const { target, isIntersecting } of entries) {
      const plot = plots.get(target);
      if (plot !== undefined) {
        plot.visible = isIntersecting;
        this.#waiting[isIntersecting ? "add" : "delete"](plot);
      }
    }
    this.#schedule();
  }

  #load() {
    if (this.#plotly === null) {
      loadPlotly().then(
        (plotly) => {
          this.#plotly = plotly;
          this.failed(null);
          this.#schedule();
        },
        (error) => this.failed(`No charts: ${error.message}. The table is up to date all the same.`),
      );
    }
  }

  #schedule() {
    // What is being dragged would be lost.
    if (this.#plotly !== null && this.#waiting.size > 0 && !this.#dragging) {
      cancelAnimationFrame(this.#frame);
      this.#frame = requestAnimationFrame(() => this.#draw());
    }
  }

  #draw() {
    const end = performance.now() + SLICE;
    for (const plot of this.#waiting) {
      this.#waiting.delete(plot);
      plot.draw(this.#plotly, this.#view);
      plot.point(this.#cursor);
      if (performance.now() > end) {
        break;
      }
    }
    this.#schedule();
  }

  #listen() {
    const { container } = this;
    container.addEventListener("pointermove", (event) => this.#pointed(event));
    container.addEventListener("pointerleave", () => this.#point(null));
    container.addEventListener("pointerdown", (event) => {
      this.#dragging = event.pointerType === "mouse";
      this.#pointed(event);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      document.addEventListener(name, () => {
        this.#dragging = false;
        this.#schedule();
      });
    }
    container.addEventListener("dblclick", () => this.scaled(2));
    container.addEventListener("keydown", (event) => this.#key(event));
  }

  #pointed({ target, clientX, clientY }) {
    const area = target.closest?.(".plot");
    const plot = [...this.#plots.values()].find((one) => one.area === area);
    const time = plot?.timeAt(clientX) ?? null;
    this.#point(time);
    if (time !== null) {
      this.#tell(plot.lineAt(time, clientY), clientX, clientY);
    }
  }

  #point(time) {
    this.#cursor = time;
    this.tip.hidden = true;
    this.#plots.forEach((plot) => plot.point(time));
    this.pointed(time);
  }

  // Say which line is near, beside the place.
  #tell(found, x, y) {
    if (found === null) {
      return;
    }
    const { line, sample } = found;
    this.mark.show(line.style);
    setText(this.what, `${line.field.name}: ${writeValue(line.values[sample], factsOf(line.values))} ${line.field.units ?? ""}`.trim());
    setText(this.when, this.#view.zone.text(line.times[sample], true));
    this.tip.hidden = false;
    const stage = this.tip.parentElement.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const left = x - stage.left + (x + width + 24 > stage.right ? -width - 14 : 14);
    this.tip.style.left = `${Math.max(0, left)}px`;
    this.tip.style.top = `${Math.max(0, Math.min(stage.height - height, y - stage.top - height - 10))}px`;
  }

  #key(event) {
    const { key, shiftKey } = event;
    const side = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (event.ctrlKey || event.metaKey || event.altKey || this.#view === null) {
      return;
    }
    if (side !== undefined && shiftKey) {
      this.moved(side / 2);
    } else if (side !== undefined) {
      this.#step(side);
    } else if (key === "+" || key === "-") {
      this.scaled(key === "+" ? 0.5 : 2);
    } else if (key === "Escape") {
      this.#point(null);
    } else {
      return;
    }
    event.preventDefault();
  }

  #step(side) {
    const { from, to } = this.#view.range;
    const time = this.#cursor === null ? (side > 0 ? from : to) : this.#cursor + side * STEP * (to - from);
    this.#point(Math.min(to, Math.max(from, time)));
  }
}
