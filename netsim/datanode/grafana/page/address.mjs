// What the page shows, as the part of its address after the "#": it can be kept, and sent to others.

import { DAY, FIRST, isRange } from "./span.mjs";

export const MOST_FIELDS = 100;
export const LAST = 3600; // seconds
export const REFRESH = 5; // seconds

const LONGEST = 36600 * DAY;
const SLOWEST = 3600;

// What there is to see: `last` seconds up to the present, or else milliseconds of Unix, `from` and
// `to`; `refresh` in seconds, 0 for never; `each`: every field in a chart of its own.
export const NOTHING = Object.freeze({ fields: [], last: LAST, from: null, to: null, refresh: REFRESH, utc: false, each: false });

// Read it; what makes no sense is left out.
export function parseAddress(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const fields = [...new Set(given.getAll("f").filter((field) => field !== ""))].slice(0, MOST_FIELDS);
  const [from, to] = [Date.parse(given.get("from")), Date.parse(given.get("to"))];
  const fixed = isRange({ from, to }) && from >= FIRST;
  return {
    fields,
    ...(fixed ? { last: null, from, to } : { last: number(given, "last", 0.001, LONGEST, LAST), from: null, to: null }),
    refresh: number(given, "refresh", 0, SLOWEST, REFRESH),
    utc: given.has("utc"),
    each: given.has("each"),
  };
}

// Write it; what is usual is left out.
export function writeAddress({ fields, last, from, to, refresh, utc, each }) {
  const parts = fields.map((field) => ["f", field]);
  if (last === null) {
    parts.push(["from", new Date(from).toISOString()], ["to", new Date(to).toISOString()]);
  } else if (last !== LAST) {
    parts.push(["last", last]);
  }
  if (refresh !== REFRESH) {
    parts.push(["refresh", refresh]);
  }
  const flags = [...(utc ? ["utc"] : []), ...(each ? ["each"] : [])];
  return `#${[...parts.map(([key, value]) => `${key}=${encoded(value)}`), ...flags].join("&")}`;
}

// Colons and slashes need not be unreadable in this part of an address.
function encoded(value) {
  return encodeURIComponent(value).replaceAll("%3A", ":").replaceAll("%2F", "/");
}

function number(given, name, least, most, usual) {
  const text = given.get(name);
  const value = Number(text);
  return text && value >= least && value <= most ? value : usual;
}
