// Shows the end of a log, or the part that one has scrolled to; never more than some rows.

import { clockTime, dayName } from "./clock.mjs";
import { element } from "./dom.mjs";
import { LogBuffer } from "./logbuffer.mjs";

const MOST_ROWS = 2000;
const FOLLOWED = 500; // rows while new ones come: all of them are laid out each time
const PAGE = 400;
const NEAR = 24; // pixels from the end that count as the end

export class LogView {
  #frame = null;
  #top = 0; // where it was scrolled to
  #rows = []; // { line, root }, as in the document

  // `changed` hears that a line was added, a filter set, or following begun or ended.
  constructor(scroller, changed) {
    this.scroller = scroller;
    this.changed = changed;
    this.buffer = new LogBuffer();
    this.following = true;
    this.scroller.onscroll = () => this.#scrolled();
    // What moves all the time cannot be scrolled by a little, nor marked.
    this.scroller.onwheel = (event) => event.deltaY < 0 && this.#hold();
    this.scroller.ontouchmove = () => this.#hold();
    this.scroller.onpointerdown = (event) => event.pointerType === "mouse" && this.#hold();
    this.scroller.onkeydown = (event) => ["ArrowUp", "PageUp", "Home"].includes(event.key) && this.#hold();
    this.follow(true);
  }

  get waiting() {
    const last = this.#rows.at(-1);
    return last === undefined ? this.buffer.matches.length : this.buffer.matches.length - this.buffer.place(last.line.seq + 1);
  }

  add(lines) {
    this.buffer.add(lines);
    this.#schedule();
  }

  ask(level, text) {
    this.buffer.ask(level, text);
    this.#empty();
    this.follow(true);
  }

  // Show the newest lines from now on, or stay here.
  follow(following) {
    this.following = following;
    this.scroller.classList.toggle("following", following);
    this.#schedule();
  }

  end() {
    cancelAnimationFrame(this.#frame);
    Object.assign(this.scroller, { onscroll: null, onwheel: null, ontouchmove: null, onpointerdown: null, onkeydown: null });
    this.#empty();
  }

  // It can be seen again: what is hidden has no size, and cannot be scrolled.
  shown() {
    this.#schedule();
  }

  #empty() {
    this.#rows = [];
    this.scroller.replaceChildren();
  }

  #schedule() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#show();
    });
  }

  #show() {
    if (this.scroller.clientHeight > 0 && (this.following || this.#rows.length < PAGE)) {
      this.#append(this.buffer.matches.slice(-FOLLOWED), FOLLOWED);
      if (this.following) {
        this.scroller.scrollTop = this.scroller.scrollHeight;
        this.#top = this.scroller.scrollTop;
      }
    }
    this.changed();
  }


  // Append those of the lines that come after the last row, and take away rows at the beginning.
  #append(lines, most) {
    const last = this.#rows.at(-1)?.line.seq ?? -1;
    if (lines.length === most && lines[0].seq > last) {
      this.#empty();
    }
    const rows = this.#made(lines.filter((line) => line.seq > last), this.#rows.at(-1)?.line);
    this.scroller.append(...rows.flatMap((row) => row.roots));
    this.#rows.push(...rows);
    this.#drop(this.#rows.splice(0, Math.max(0, this.#rows.length - most)));
  }

  #prepend(lines) {
    const height = this.scroller.scrollHeight;
    const top = this.scroller.scrollTop;
    const rows = this.#made(lines, undefined);
    const [first] = this.#rows;
    if (rows.length > 0 && first.roots.length > 1 && dayName(rows.at(-1).line.time) === dayName(first.line.time)) {
      first.roots.shift().remove();
    }
    this.scroller.prepend(...rows.flatMap((row) => row.roots));
    this.#rows.unshift(...rows);
    this.scroller.scrollTop = top + this.scroller.scrollHeight - height;
    this.#drop(this.#rows.splice(MOST_ROWS));
  }

  #made(lines, before) {
    let day = before === undefined ? null : dayName(before.time);
    return lines.map((line) => {
      const today = dayName(line.time);
      const roots = today === day ? [row(line)] : [element("p", { className: "day" }, today), row(line)];
      day = today;
      return { line, roots };
    });
  }

  #drop(rows) {
    rows.forEach(({ roots }) => roots.forEach((root) => root.remove()));
  }

  #hold() {
    if (this.following && this.scroller.scrollHeight > this.scroller.clientHeight) {
      this.follow(false);
    }
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const near = scrollHeight - clientHeight - scrollTop <= NEAR;
    const down = scrollTop > this.#top;
    this.#top = scrollTop;
    if (clientHeight === 0) {
      return;
    }
    if (this.following && !near) {
      this.follow(false);
    } else if (!this.following && near && down) {
      this.#reachedEnd();
    }
    if (!this.following && scrollTop < clientHeight && this.#rows.length > 0) {
      const place = this.buffer.place(this.#rows[0].line.seq);
      this.#prepend(this.buffer.matches.slice(Math.max(0, place - PAGE), place));
    }
  }

  #reachedEnd() {
    if (this.waiting > PAGE) {
      const place = this.buffer.place(this.#rows.at(-1).line.seq + 1);
      this.#append(this.buffer.matches.slice(place, place + PAGE), MOST_ROWS);
    } else {
      this.follow(true);
    }
  }
}

function row({ time, level, whom, text, dropped }) {
  return element(
    "div",
    { className: dropped ? "line dropped" : "line", dataset: { level } },
    element("time", {}, clockTime(time)),
    element("span", { className: "level" }, level),
    element("span", { className: "whom", title: whom }, whom),
    element("span", { className: "text" }, text),
  );
}
