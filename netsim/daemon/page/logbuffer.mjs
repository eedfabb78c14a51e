// The lines of a log that are kept here, and those of them that are asked for.

import { LEVELS } from "./lines.mjs";

const KEPT = 10000;

export class LogBuffer {
  #lines = [];
  #next = 0;
  #least = 0;
  #words = [];

  constructor(kept = KEPT) {
    this.kept = kept;
    this.matches = [];
  }

  get lines() {
    return this.#lines;
  }

  // Add lines; each gets a number, `seq`, that grows.
  add(lines) {
    for (const line of lines) {
      line.seq = this.#next;
      this.#next += 1;
      this.#lines.push(line);
      if (this.#asked(line)) {
        this.matches.push(line);
      }
    }
    this.#trim();
  }

  // Ask for lines of at least a level that have all these words.
  ask(level, text) {
    this.#least = Math.max(0, LEVELS.indexOf(level));
    this.#words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
    this.matches = this.#lines.filter((line) => this.#asked(line));
  }

  // The place among the matches of the first whose number is at least this.
  place(seq) {
    let low = 0;
    let high = this.matches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.matches[middle].seq < seq) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  #asked(line) {
    return LEVELS.indexOf(line.level) >= this.#least && this.#words.every((word) => line.words.includes(word));
  }

  // Now and then, as it is not for nothing.
  #trim() {
    if (this.#lines.length > this.kept * 1.1) {
      this.#lines.splice(0, this.#lines.length - this.kept);
      this.matches.splice(0, this.place(this.#lines[0].seq));
    }
  }
}
