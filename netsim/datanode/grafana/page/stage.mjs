// Everything below the controls: charts, legend, and what to say where there is nothing to draw.

import { MOST_FIELDS } from "./address.mjs";
import { $, element, setText } from "./dom.mjs";
import { counted } from "./format.mjs";
import { Legend } from "./legend.mjs";
import { panelsOf } from "./panels.mjs";
import { Plots } from "./plots.mjs";
import { State } from "./state.mjs";
import { missingWords, wordsOf } from "./words.mjs";

export class Stage {
  #chartless = null;
  #shown = null;

  // `moves` are ways to other ranges; `removed` and `hidden` are given a field.
  constructor({ moves, removed, hidden, whole }) {
    this.state = new State({ pill: $("state"), progress: $("progress"), notices: $("notices") });
    this.legend = new Legend({ body: $("legend"), title: $("value-title"), removed, hidden });
    this.plots = new Plots({ container: $("plots"), tip: $("tip"), ...moves, pointed: (time) => this.legend.point(time), failed: (text) => this.#failed(text) });
    this.text = element("p", {});
    this.button = element("button", { type: "button", className: "primary", onclick: whole }, "Find the data");
    $("nothing").append(this.text, this.button);
  }

  // `lines` are what there is; `trouble` an error of the list of fields; `full`: more was wanted.
  show(shown) {
    this.#shown = shown;
    const { lines, view, zone, data } = shown;
    this.legend.show(lines);
    this.plots.show(panelsOf(lines, view.each), { range: data.range, zone, each: view.each });
    setText($("when"), lines.length > 0 ? zone.rangeText(data.range) : "");
    const points = lines.reduce((sum, { times }) => sum + times.length, 0);
    setText($("points"), points > 0 ? counted(points, "point") : "");
    this.#showNothing();
    this.#tell();
    this.state.show(data.since, ...this.#word());
  }

  #showNothing() {
    const { view, zone, data } = this.#shown;
    const isEmpty = data.answered && data.isEmpty && data.error === null;
    $("nothing").hidden = !isEmpty;
    if (isEmpty) {
      const what = view.fields.length === 1 ? "This field has" : "These fields have";
      setText(this.text, data.nowhere ? `${what} no data at all.` : `${what} no data from ${zone.rangeText(data.range).replace(" – ", " to ")}.`);
      this.button.hidden = data.nowhere;
      this.button.disabled = data.since !== null;
    }
  }

  #tell() {
    const { view, data, trouble, full } = this.#shown;
    const error = view.fields.length > 0 && data.error !== null ? data.error : trouble;
    const missing = data.failed.filter((node) => view.fields.some((target) => target.startsWith(`${node}::`)));
    this.state.tell([
      ...(error ? [[wordsOf(error).text, "bad"]] : []),
      ...(missing.length > 0 ? [[missingWords(missing), "warn"]] : []),
      ...(full ? [[`No more than ${MOST_FIELDS} fields are shown at once.`, "warn"]] : []),
      ...(this.#chartless ? [[this.#chartless, "warn"]] : []),
    ]);
  }

  #word() {
    const { view, data, trouble, catalogue } = this.#shown;
    const error = data.error ?? trouble;
    if (error) {
      return ["bad", error.status === 0 ? "No connection" : "Trouble"];
    }
    if (catalogue === null) {
      return ["warn", "Connecting"];
    }
    if (view.fields.length === 0) {
      return ["good", "Connected"];
    }
    return data.failed.length > 0 ? ["warn", "Not all nodes"] : ["good", data.isMoving && view.refresh > 0 ? "Live" : "Up to date"];
  }

  #failed(text) {
    this.#chartless = text;
    if (this.#shown !== null) {
      this.#tell();
    }
  }
}
