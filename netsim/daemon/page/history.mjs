// What a status was over time, as far as it is kept here, and lines to draw of it.

import { divide } from "./values.mjs";

const KEPT = 3600;
const BREAK = 10; // seconds

export class History {
  #entries = [];

  // The newest entry, `{ time, numbers, rest }`, if there is one.
  get last() {
    return this.#entries.at(-1) ?? null;
  }

  // Add what the status was at a time, in seconds; an older one than the newest is passed over.
  add(time, status) {
    if (typeof time !== "number" || (this.last !== null && time <= this.last.time)) {
      return false;
    }
    this.#entries.push({ time, ...divide(status) });
    if (this.#entries.length > KEPT * 1.2) {
      this.#entries.splice(0, this.#entries.length - KEPT);
    }
    return true;
  }

  // The points of one number in the last `span` seconds, at most about `most`, and a gap where
  // there was none for long: `{ times, values }`.
  line(path, span, most) {
    const begin = span === null ? -Infinity : (this.last?.time ?? 0) - span;
    const points = [];
    for (const { time, numbers } of this.#entries) {
      const value = numbers.get(path);
      if (time >= begin && value !== undefined) {
        points.push([time, value]);
      }
    }
    return broken(thinned(points, most));
  }
}

// Leave out points that would be drawn over each other; peaks stay.
export function thinned(points, most) {
  if (points.length <= most) {
    return points;
  }
  const kept = [];
  const size = points.length / (most / 2);
  for (let first = 0; first < points.length; first += size) {
    const bucket = points.slice(Math.floor(first), Math.floor(first + size));
    const low = bucket.reduce((a, b) => (b[1] < a[1] ? b : a), bucket[0]);
    const high = bucket.reduce((a, b) => (b[1] >= a[1] ? b : a), bucket[0]);
    kept.push(...(low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]));
  }
  return kept;
}

function broken(points) {
  const pauses = points.slice(1).map(([time], index) => time - points[index][0]);
  const usual = [...pauses].sort((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
  const longest = Math.max(BREAK, 4 * usual);
  const times = [];
  const values = [];
  points.forEach(([time, value], index) => {
    if (index > 0 && pauses[index - 1] > longest) {
      times.push(time);
      values.push(null);
    }
    times.push(time);
    values.push(value);
  });
  return { times, values };
}
