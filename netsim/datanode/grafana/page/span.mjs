// Ranges of time: `from` and `to` in milliseconds of Unix.

export const DAY = 86400; // seconds
export const FIRST = 1000; // Times before it mean something else to data nodes.
export const PRESETS = [
  [300, "Last 5 minutes"],
  [900, "Last 15 minutes"],
  [3600, "Last hour"],
  [6 * 3600, "Last 6 hours"],
  [DAY, "Last 24 hours"],
  [7 * DAY, "Last 7 days"],
];

const RECENT = 60000;
const SHORTEST = 20;
const END = Date.UTC(2200, 0);

// The range that a view means at this moment.
export function rangeOf({ last, from, to }, now) {
  return last === null ? { from, to } : { from: Math.max(FIRST, now - last * 1000), to: now };
}

export function isRange({ from, to }) {
  return Number.isFinite(from) && Number.isFinite(to) && from < to && to <= END;
}

// Whether two views are of the same time.
export function isSameTime(one, other) {
  return ["last", "from", "to"].every((name) => one[name] === other[name]);
}

// Longer or shorter by a factor, around its middle.
export function scaled({ from, to }, factor) {
  const half = Math.max(SHORTEST, (to - from) * factor) / 2;
  return limited((from + to) / 2 - half, (from + to) / 2 + half);
}

// Earlier or later, by a part of its length.
export function moved({ from, to }, part) {
  const step = (to - from) * part;
  return limited(from + step, to + step);
}

// A range that can be asked for.
export function limited(from, to) {
  const length = Math.min(Math.max(SHORTEST, to - from), END - FIRST);
  const begin = Math.round(Math.min(Math.max(from, FIRST), END - length));
  return { from: begin, to: Math.round(begin + length) };
}

// A view of all this: one that goes on, if the end of it is about the present.
export function around({ from, to }, now) {
  const room = Math.max(1000, (to - from) * 0.02);
  if (to + 2 * room + RECENT > now) {
    return { last: Math.ceil((now - from + room) / 1000), from: null, to: null };
  }
  return { last: null, ...limited(from - room, to + room) };
}
