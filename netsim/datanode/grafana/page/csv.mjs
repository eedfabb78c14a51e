// What is shown, as a file that spreadsheets and the node of kind csv read.

const FORMULA = /^[=+@\t\r-]/;

// `columns` have a title, times and values; times in UTC.
export function csvOf(columns) {
  const rows = new Map();
  columns.forEach(({ times, values }, index) => {
    times.forEach((time, place) => {
      if (!rows.has(time)) {
        rows.set(time, Array.from(columns, () => ""));
      }
      rows.get(time)[index] = cell(values[place]);
    });
  });
  const lines = [...rows].sort(([one], [other]) => one - other).map(([time, cells]) => [new Date(time).toISOString(), ...cells]);
  return [["time", ...columns.map(({ title }) => cell(title))], ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}

function cell(value) {
  if (typeof value !== "string") {
    return value === null ? "" : String(value);
  }
  // A spreadsheet would compute what looks like a formula.
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// Have the browser save a file.
export function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
