// Values of a status: which of them are numbers.

import { isObject } from "./format.mjs";

const MOST_NUMBERS = 400;
const DEEPEST = 8;

// Divide a status into numbers, by the JSON of their paths, and all the rest as a tree.
export function divide(status) {
  const numbers = new Map();
  const rest = isObject(status) ? restOf(status, [], numbers) : {};
  return { numbers, rest };
}

function restOf(object, path, numbers) {
  const rest = [];
  for (const [key, value] of Object.entries(object)) {
    const here = [...path, key];
    if (typeof value === "number" && numbers.size < MOST_NUMBERS) {
      numbers.set(JSON.stringify(here), value);
    } else if (isObject(value) && here.length < DEEPEST && Object.keys(value).length > 0) {
      const inside = restOf(value, here, numbers);
      if (Object.keys(inside).length > 0) {
        rest.push([key, inside]);
      }
    } else {
      rest.push([key, value]);
    }
  }
  // Unlike an assignment, this takes any key for what it is, also "__proto__".
  return Object.fromEntries(rest);
}
