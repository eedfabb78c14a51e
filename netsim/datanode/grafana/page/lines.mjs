// What is drawn of each field that is shown.

import { kindOf } from "./series.mjs";

// `catalogue` may not be there yet; `data` tells what is known of fields, and which nodes failed.
export function linesOf(targets, { catalogue, data, slots, hidden }) {
  return targets.map((target) => {
    const field = catalogue.find(target);
    const { times, values } = data.of(target);
    return {
      field,
      kind: kindOf(field.type, values),
      times,
      values,
      style: slots.style(target),
      hidden: hidden.has(target),
      note: data.failed.includes(field.node) ? "no answer" : catalogue.nodes.length > 0 && !field.known && times.length === 0 ? "not there" : null,
    };
  });
}

// As columns of a file.
export function columnsOf(lines) {
  return lines.filter(({ hidden }) => !hidden).map(({ field, times, values }) => ({ title: field.units ? `${field.target} [${field.units}]` : field.target, times, values }));
}
