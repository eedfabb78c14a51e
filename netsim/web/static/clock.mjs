// Times as the clock on the wall here shows them.

const days = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long", year: "numeric" });

let shown = { begin: 0, end: 0, name: "" };

// The time of the day, to the millisecond; `seconds` are of Unix.
export function clockTime(seconds) {
  const date = new Date(seconds * 1000);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

// The day. Asked of many lines in turn, which are mostly of the same one.
export function dayName(seconds) {
  if (seconds < shown.begin || seconds >= shown.end) {
    const date = new Date(seconds * 1000);
    if (Number.isNaN(date.getTime())) {
      return "";
    }
    const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
    shown = {
      begin: new Date(year, month, day).getTime() / 1000,
      end: new Date(year, month, day + 1).getTime() / 1000,
      name: days.format(date),
    };
  }
  return shown.name;
}

// A moment that may be some time ago.
export function moment(seconds, now = Date.now() / 1000) {
  const time = clockTime(seconds).slice(0, 8);
  return dayName(seconds) === dayName(now) ? time : `${dayName(seconds)}, ${time}`;
}

function two(number) {
  return String(number).padStart(2, "0");
}
