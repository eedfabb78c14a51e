// Times as they are shown: of the clock on the wall here, or of UTC.

const PARTS = /^(\d{4,})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?)?$/;

export class Zone {
  constructor(utc) {
    this.utc = utc;
  }

  get name() {
    return this.utc ? "UTC" : "local time";
  }

  // As the chart library needs it: milliseconds as if it were in Greenwich.
  plot(ms) {
    return this.utc ? ms : ms - new Date(ms).getTimezoneOffset() * 60000;
  }

  // Read what the chart library or a field of a form says; NaN if that is no time.
  read(text) {
    const parts = PARTS.exec(text);
    if (parts === null) {
      return NaN;
    }
    const [year, month, day, hour = 0, minute = 0, seconds = 0] = parts.slice(1).map((part) => part && Number(part));
    const fields = [year, month - 1, day, hour, minute, Math.floor(seconds), Math.round((seconds % 1) * 1000)];
    return this.utc ? Date.UTC(...fields) : new Date(...fields).getTime();
  }

  // As a field of a form wants it, to the second.
  write(ms) {
    return new Date(this.plot(ms)).toISOString().slice(0, 19);
  }

  // For people; `precise` to the millisecond.
  text(ms, precise = false) {
    const text = new Date(this.plot(ms)).toISOString().replace("T", " ");
    return text.slice(0, precise && ms % 1000 !== 0 ? 23 : 19);
  }

  // A range for people: a day that is the same is said once.
  rangeText({ from, to }) {
    const [begin, end] = [this.text(from), this.text(to)];
    return `${begin} – ${begin.slice(0, 11) === end.slice(0, 11) ? end.slice(11) : end}`;
  }
}
