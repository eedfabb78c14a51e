// Above a chart: what an axis of it is called, and which lines belong to it.

import { element, setText } from "./dom.mjs";
import { swatch } from "./legend.mjs";
import { BOOL, STRING } from "./series.mjs";

const MOST_MARKS = 8;
const MOST_NAMES = 3;

export class Title {
  constructor() {
    this.text = element("span", {});
    this.marks = element("span", { className: "axis" });
    this.root = element("span", { className: "axis" }, this.marks, this.text);
  }

  show(text, lines) {
    setText(this.text, text);
    this.marks.replaceChildren(
      ...lines.slice(0, MOST_MARKS).map(({ style }) => {
        const mark = swatch();
        mark.show(style);
        return mark.root;
      }),
    );
  }
}

// `each`: it is named after its field; so is what is no number. `marked`: there are others.
export function titleOf(kind, { units, lines }, { each, marked }) {
  const names = lines.map(({ field }) => `${field.node} › ${field.name}`);
  const named = each || kind === BOOL || kind === STRING ? [names.length > MOST_NAMES ? `${names.length} fields` : names.join(", ")] : [];
  return [...named, ...(units ? [units] : marked && named.length === 0 ? ["no unit"] : [])].join(" · ");
}
