// What the axes of a chart go from and to, and what is written at them.

import { rangeOf } from "./range.mjs";
import { BOOL, NUMBER, STRING } from "./series.mjs";

export const MOST_TEXTS = 12;

const DIGIT = 7; // pixels
const LONGEST = 18; // characters of a text at an axis
const ROOM = 0.06; // of what the values go up and down: above and below them

// The different texts, in the order in which they came first.
function textsOf(values) {
  return [...new Set(values.filter((value) => typeof value === "string"))];
}

// One axis: its range, where it has marks, and how a value becomes a place on it.
export function axisOf(kind, columns) {
  if (kind === BOOL) {
    return { isEmpty: false, range: [-0.15, 1.15], marks: [[0, "false"], [1, "true"]], place: (value) => (value === null ? null : Number(value)) };
  }
  if (kind === STRING) {
    const texts = textsOf(columns.flat());
    const places = new Map(texts.map((text, place) => [text, place]));
    const marks = texts.length > MOST_TEXTS ? null : texts.map((text, place) => [place, shortened(text)]);
    return { isEmpty: false, range: [-0.4, Math.max(1, texts.length) - 0.6], marks, place: (value) => places.get(value) ?? null };
  }
  const range = rangeOf(columns, ROOM);
  return { isEmpty: range === null, range: range ?? [0, 1], marks: null, place: (value) => (typeof value === "number" ? value : null) };
}

// How many pixels the longest text at an axis takes, about.
export function roomFor(kind, { range: [low, high], marks }) {
  if (kind !== NUMBER) {
    return 16 + DIGIT * Math.max(0, ...(marks ?? []).map(([, text]) => text.length));
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  const digits = Math.floor(Math.log10(size)) - Math.floor(Math.log10((high - low) / 4)) + 1;
  return 16 + DIGIT * Math.min(14, Math.max(3, digits + 2));
}

function shortened(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

// The chart library takes some of HTML in its texts for HTML.
export function plain(text) {
  return text.replace(/[&<>{}$]/g, (sign) => `&#${sign.codePointAt(0)};`);
}
