// What is asked of the bridge, and what it answers.

import { isObject } from "./format.mjs";

const BUDGET = 40000; // points of all fields: what a browser draws without getting slow
const MOST = 2000;
const LEAST = 100;

// How many points of each field are worth asking for, in so many pixels.
export function pointsFor(width, fields) {
  return Math.round(Math.max(LEAST, Math.min(MOST, width, BUDGET / Math.max(1, fields))));
}

// Ask for these fields.
export function questionOf(targets, { from, to }, points) {
  return {
    range: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    interval: `${Math.max(1, Math.floor((to - from) / points))}ms`,
    maxDataPoints: points,
    targets: targets.map((target, index) => ({ target, refId: `F${index}` })),
  };
}

// Read the answer: of each field, milliseconds of Unix in order, and the values.
export function answersOf(body) {
  const answers = new Map();
  for (const answer of Array.isArray(body) ? body.filter(isObject) : []) {
    const points = (Array.isArray(answer.datapoints) ? answer.datapoints : []).filter(
      (point) => Array.isArray(point) && Number.isFinite(point[1]),
    );
    if (points.some(([, time], index) => index > 0 && time < points[index - 1][1])) {
      points.sort(([, one], [, other]) => one - other);
    }
    const times = points.map(([, time]) => time);
    answers.set(String(answer.target), { times, values: points.map(([value]) => plain(value)) });
  }
  return answers;
}

// The nodes that have not answered, from the header that tells them.
export function failedNodes(header) {
  return (header ?? "")
    .split(",")
    .map((name) => decoded(name.trim()))
    .filter((name) => name !== "");
}

function plain(value) {
  return isObject(value) || Array.isArray(value) || value === undefined ? null : value;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
