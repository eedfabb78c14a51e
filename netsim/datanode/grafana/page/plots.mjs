// All charts: one place in time is marked in all of them.

import { element, setText } from "./dom.mjs";
import { Drawings } from "./drawings.mjs";
import { swatch, writeValue } from "./legend.mjs";
import { Plot } from "./plot.mjs";
import { factsOf } from "./series.mjs";

const MARGIN = 24;
const STEP = 0.02; // of the range: how far a key goes

export class Plots {
  #view = null;
  #cursor = null;

  // `zoomed` is given a range, `scaled` a factor, `moved` a part; `pointed` a time or null;
  // `failed` a sentence, where nothing can be drawn, or null.
  constructor({ container, tip, ...listeners }) {
    Object.assign(this, { container, tip }, listeners);
    this.mark = swatch();
    this.what = element("span", {});
    this.when = element("span", { className: "muted small" });
    tip.append(element("span", { className: "both" }, this.mark.root, this.what), this.when);
    this.drawings = new Drawings({
      container,
      make: () => new Plot(this.zoomed),
      draw: (plot, plotly) => this.#draw(plot, plotly),
      failed: this.failed,
      rest: "The table is",
      margin: "80px",
      keeps: true,
    });
    this.#listen();
  }

  // `panels` have lines; `view` a range, a zone, and whether each field has its own chart.
  show(panels, view) {
    this.#view = view;
    const plots = this.drawings.of(panels.map(({ key }) => key));
    const marked = panels.length > 1;
    plots.forEach((plot, index) => plot.take(panels[index], { each: view.each, marked }));
    view.margins = [0, 1].map((side) => Math.max(MARGIN, ...plots.map((plot) => plot.rooms[side])));
    this.drawings.show(plots);
  }

  redraw() {
    this.drawings.redraw();
  }

  #draw(plot, plotly) {
    plot.draw(plotly, this.#view);
    plot.point(this.#cursor);
  }

  #listen() {
    const { container } = this;
    container.addEventListener("pointermove", (event) => this.#pointed(event));
    container.addEventListener("pointerleave", () => this.#point(null));
    container.addEventListener("pointerdown", (event) => {
      // What is being dragged would be lost.
      this.drawings.hold(event.pointerType === "mouse");
      this.#pointed(event);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      document.addEventListener(name, () => this.drawings.hold(false));
    }
    container.addEventListener("dblclick", () => this.scaled(2));
    container.addEventListener("keydown", (event) => this.#key(event));
  }

  #pointed({ target, clientX, clientY }) {
    const area = target.closest?.(".plot");
    const plot = this.drawings.parts.find((one) => one.area === area);
    const time = plot?.timeAt(clientX) ?? null;
    this.#point(time);
    if (time !== null) {
      this.#tell(plot.lineAt(time, clientY), clientX, clientY);
    }
  }

  #point(time) {
    this.#cursor = time;
    this.tip.hidden = true;
    this.drawings.parts.forEach((plot) => plot.point(time));
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
