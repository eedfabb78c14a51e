// The controls above the charts.

import { $, element, setText } from "./dom.mjs";
import { formatSeconds } from "./format.mjs";
import { PRESETS, isRange, limited } from "./span.mjs";

const FIXED = "fixed";

export class Tools {
  #zone = null;

  // `go` is given changes of the view, `scaled` a factor, `moved` a part; `refresh`, `whole` and
  // `download` nothing; `range` tells what is shown.
  constructor({ go, scaled, moved, refresh, whole, download, range }) {
    Object.assign(this, { go, range });
    const span = $("range");
    span.append(...PRESETS.map(([seconds, text]) => element("option", { value: seconds }, text)), element("option", { value: FIXED }, "Fixed range"));
    span.addEventListener("change", () => this.go(span.value === FIXED ? fixed(this.range()) : { last: Number(span.value), from: null, to: null }));
    $("every").addEventListener("change", () => this.go({ refresh: Number($("every").value) }));
    $("layout").addEventListener("change", () => this.go({ each: $("layout").value === "each" }));
    $("zone").addEventListener("change", () => this.go({ utc: $("zone").value === "utc" }));
    $("fixed").addEventListener("submit", (event) => this.#submit(event));
    const clicks = { earlier: () => moved(-0.5), later: () => moved(0.5), out: () => scaled(2), in: () => scaled(0.5), refresh, whole, csv: download };
    Object.entries(clicks).forEach(([id, click]) => $(id).addEventListener("click", () => click()));
  }

  show(view, zone, isMoving) {
    const moved = this.#zone !== zone;
    this.#zone = zone;
    choose($("range"), view.last === null ? FIXED : view.last, () => `Last ${formatSeconds(view.last)}`);
    choose($("every"), view.refresh, () => formatSeconds(view.refresh));
    choose($("layout"), view.each ? "each" : "");
    choose($("zone"), view.utc ? "utc" : "");
    $("every").disabled = !isMoving;
    $("every").title = isMoving ? "Refresh" : "A fixed range in the past does not change";
    $("fixed").hidden = view.last !== null;
    if (view.last === null && (moved || !$("fixed").contains(document.activeElement))) {
      $("from").value = zone.write(view.from);
      $("to").value = zone.write(view.to);
      setText($("fixed-note"), "");
    }
  }

  #submit(event) {
    event.preventDefault();
    const [from, to] = ["from", "to"].map((id) => this.#zone.read($(id).value));
    const range = isRange({ from, to }) ? limited(from, to) : null;
    setText($("fixed-note"), range === null ? "The end has to be after the beginning." : "");
    if (range !== null) {
      this.go(fixed(range));
    }
  }
}

// A view of a range that does not move.
export function fixed({ from, to }) {
  return { last: null, from, to };
}

// Choose an option of a list; one that is not there is added, until another one is chosen.
function choose(select, value, text) {
  const options = [...select.options];
  options.filter((option) => option.dataset.added && option.value !== String(value)).forEach((option) => option.remove());
  if (!options.some((option) => option.value === String(value))) {
    select.prepend(element("option", { value, dataset: { added: true } }, text()));
  }
  select.value = String(value);
}
