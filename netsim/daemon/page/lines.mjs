// Lines of a log: in the form of the document, and in that of programs in the field.

import { isObject } from "./format.mjs";

export const LEVELS = ["debug", "info", "warning", "error", "critical"];

const MOST_TEXT = 8192;
// The words that programs use; the daemon reads them the same way.
const WORDS = {
  debug: "debug trace verbose",
  warning: "warning warn",
  error: "error err exception failure",
  critical: "critical alert emergency fatal panic",
};
const LEVEL_OF = new Map(Object.entries(WORDS).flatMap(([level, words]) => words.split(" ").map((word) => [word, level])));

// Read the payload of a log event. `known` is what the daemon says of it: `{ time, level }`.
export function readLine(payload, known) {
  const log = isObject(payload?.log) ? payload.log : isObject(payload) ? payload : { message: asText(payload) };
  const text = log.message ?? log.msg ?? log.log;
  const own = timeOf(log.time ?? log.datetime);
  const line = {
    time: own ?? known.time,
    level: known.level ?? levelOf(log.level ?? log.prefix ?? log.levelname ?? log.levelno ?? log.severity),
    whom: cut(asText(log.whom ?? "")),
    text: cut(asText(text === undefined ? log : text)),
    dropped: typeof log.dropped === "number",
  };
  line.key = JSON.stringify([own, line.level, line.whom, line.text]);
  line.words = `${line.level} ${line.whom} ${line.text}`.toLowerCase();
  return line;
}

export function levelOf(value) {
  const word = typeof value === "string" ? value.replace(/^[^a-z0-9]+|[^a-z0-9]+$/gi, "").toLowerCase() : value;
  const number = typeof word === "string" && /^\d+$/.test(word) ? Number(word) : word;
  if (typeof number === "number") {
    // As Python's logging has them: 10 for debug, 50 for critical.
    return number > 0 ? LEVELS[Math.min(4, Math.max(0, Math.floor(number / 10) - 1))] : "info";
  }
  return LEVEL_OF.get(word) ?? "info";
}

// The part of `lines` that is not yet among `known`, though both may hold the same ones: the
// longest run at the end of `known` that is also in `lines` says where. Where there is none,
// `otherwise` says which are new.
export function unknownOf(known, lines, otherwise = () => true) {
  let best = { size: 0, end: 0 };
  for (let end = lines.length; end > 0; end -= 1) {
    const size = sharedBefore(known, lines, end);
    if (size > best.size) {
      best = { size, end };
    }
  }
  return best.size > 0 ? lines.slice(best.end) : lines.filter(otherwise);
}

function sharedBefore(known, lines, end) {
  let size = 0;
  while (size < Math.min(end, known.length) && lines[end - 1 - size].key === known[known.length - 1 - size].key) {
    size += 1;
  }
  return size;
}

function timeOf(value) {
  if (typeof value === "number" && Number.isFinite(value)) {
    return value;
  }
  // A day and a time, with anything between them.
  const time = typeof value === "string" ? Date.parse(value.replace(/^(\d{4}-\d\d-\d\d)[ -]/, "$1T")) : NaN;
  return Number.isNaN(time) ? null : time / 1000;
}

function asText(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function cut(text) {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)} … and ${text.length - MOST_TEXT} more characters` : text;
}
