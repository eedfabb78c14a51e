// Which lines share a chart, and which axis of it.

import { BOOL, NUMBER, STRING } from "./series.mjs";

const BOTH = 2; // axes of one chart: at the left and at the right

// `lines` have a field and a kind. A panel has axes, and these have units and lines; its key tells
// it from others, as long as it shows the same kind of thing. `each`: a panel for every line.
export function panelsOf(lines, each) {
  if (each) {
    return lines.map((line) => panel(line.kind, [axis([line])], line.field.target));
  }
  const numbers = byUnits(lines.filter(({ kind }) => kind === NUMBER));
  const bools = lines.filter(({ kind }) => kind === BOOL);
  const strings = lines.filter(({ kind }) => kind === STRING);
  return [
    ...(numbers.length > 0 && numbers.length <= BOTH ? [panel(NUMBER, numbers)] : numbers.map((one) => panel(NUMBER, [one]))),
    ...(bools.length > 0 ? [panel(BOOL, [axis(bools)])] : []),
    ...strings.map((line) => panel(STRING, [axis([line])], line.field.target)),
  ];
}

function byUnits(lines) {
  const groups = new Map();
  for (const line of lines) {
    groups.set(line.field.units, [...(groups.get(line.field.units) ?? []), line]);
  }
  return [...groups.values()].map(axis);
}

function axis(lines) {
  return { units: lines[0].field.units, lines };
}

function panel(kind, axes, target = null) {
  return { key: JSON.stringify([kind, target ?? axes.map(({ units }) => units)]), kind, axes };
}
