// How values are written, so that people can read them.

const DIGITS = 6;

const plain = new Map();
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Write a number so that it can be read at a glance, in no more digits than these.
export function formatNumber(value, digits = DIGITS) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) {
    return value.toExponential(3).replace("e+", "e");
  }
  return Number.isInteger(value) ? whole.format(value) : writer(digits).format(value);
}

function writer(digits) {
  if (!plain.has(digits)) {
    plain.set(digits, new Intl.NumberFormat("en", { maximumSignificantDigits: digits }));
  }
  return plain.get(digits);
}

// Write a number of bytes.
export function formatBytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : whole.format(size)} ${units[unit]}`;
}

// Write any value that is not an object or a list.
export function formatValue(value) {
  if (value === null || value === undefined) {
    return "none";
  }
  return typeof value === "number" ? formatNumber(value) : String(value);
}

// Write how long ago something was, or how long it took.
export function formatSeconds(seconds) {
  if (seconds < 0.9995) {
    return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  }
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const [size, unit] = units.find(([least]) => seconds >= least) ?? [1, "s"];
  return `${size === 1 && seconds < 10 ? Math.round(seconds * 10) / 10 : Math.floor(seconds / size)} ${unit}`;
}

// How many of something there are, in words.
export function counted(number, one, many = `${one}s`) {
  return `${whole.format(number)} ${number === 1 ? one : many}`;
}
