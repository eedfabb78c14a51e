// What an axis goes from and to.

// A little more than the values, a part of what is between them, and something to see where they
// are all the same. What is no number does not count; null: there is none.
export function rangeOf(columns, part) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of columns) {
    for (const value of values) {
      if (typeof value === "number") {
        low = value < low ? value : low;
        high = value > high ? value : high;
      }
    }
  }
  if (low > high) {
    return null;
  }
  const room = high > low ? (high - low) * part : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}
