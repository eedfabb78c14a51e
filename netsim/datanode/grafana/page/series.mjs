// The values of one field over time: `times` in order, as many `values`, and null where there is none.

export const NUMBER = "number";
export const BOOL = "bool";
export const STRING = "string";

const GAP = 5; // times the usual distance
const EMPTY = Object.freeze({ times: [], values: [] });

export { EMPTY };

// What a field holds: what its node says, or else what its values are.
export function kindOf(type, values) {
  if ([NUMBER, BOOL, STRING].includes(type)) {
    return type;
  }
  const first = typeof values.find((value) => value !== null);
  return first === "string" ? STRING : first === "boolean" ? BOOL : NUMBER;
}

// The last value, and the least and greatest of numbers; null where there is none.
export function factsOf(values) {
  let [last, low, high] = [null, null, null];
  for (const value of values) {
    if (value !== null) {
      last = value;
      if (typeof value === "number") {
        low = low === null || value < low ? value : low;
        high = high === null || value > high ? value : high;
      }
    }
  }
  return { last, low, high };
}

// Where nothing came for long, a line has a gap. `interval` is in seconds; null: nothing is expected.
export function withGaps({ times, values }, interval) {
  if (interval === null || times.length < 3) {
    return { times, values };
  }
  const steps = times.slice(1).map((time, index) => time - times[index]);
  const usual = [...steps].sort((one, other) => one - other)[steps.length >> 1];
  const most = GAP * Math.max(usual, interval * 1000);
  if (steps.every((step) => step <= most)) {
    return { times, values };
  }
  const made = { times: [times[0]], values: [values[0]] };
  steps.forEach((step, index) => {
    if (step > most) {
      made.times.push(times[index] + 1);
      made.values.push(null);
    }
    made.times.push(times[index + 1]);
    made.values.push(values[index + 1]);
  });
  return made;
}

// The place of the sample that is nearest to a time; -1: there is none.
export function nearest(times, time) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    [low, high] = times[middle] < time ? [middle + 1, high] : [low, middle];
  }
  return low > 0 && (low === times.length || time - times[low - 1] <= times[low] - time) ? low - 1 : low < times.length ? low : -1;
}

// The place of the sample that holds at a time: the last one up to it.
export function latest(times, time) {
  const place = nearest(times, time);
  return place >= 0 && times[place] > time ? place - 1 : place;
}

// From the first sample of all to the last; null: there is none.
export function extentOf(all) {
  const some = all.filter(({ times }) => times.length > 0);
  if (some.length === 0) {
    return null;
  }
  return { from: Math.min(...some.map(({ times }) => times[0])), to: Math.max(...some.map(({ times }) => times.at(-1))) };
}
