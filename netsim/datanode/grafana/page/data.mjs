// What is known of the fields that are shown, and how it is asked for.

import { ApiError } from "./api.mjs";
import { nameOf } from "./catalogue.mjs";
import { Loader } from "./loader.mjs";
import { answersOf, failedNodes, pointsFor, questionOf } from "./query.mjs";
import { EMPTY, extentOf } from "./series.mjs";
import { FIRST, around, rangeOf } from "./span.mjs";

const FAILED = "X-Netsim-Failed-Nodes";
const FINE = 1000; // points
const MOST_LOOKS = 6;

export class Data {
  #answers = new Map();
  #view = null;
  #search = null;

  // `width` tells how many pixels there are; `changed` hears of everything; `again` is given an
  // error, and tells whether to try again.
  constructor({ api, width, changed, again, hidden }) {
    Object.assign(this, { api, width, changed });
    this.range = null; // of what is shown
    this.failed = []; // nodes
    this.error = null;
    this.answered = false; // whether all that is shown was asked for
    this.nowhere = false; // whether these fields have no data at all
    this.since = null; // when it began to wait
    const ended = (error) => this.#ended(error) && again(error);
    const waits = (since) => this.#waits(since);
    this.loader = new Loader({ work: (stop) => this.#load(stop), ended, changed: waits, hidden });
  }

  // Show this from here on; `urgent`: at once, else in a moment.
  look(view, urgent) {
    this.#view = view;
    this.#search?.abort();
    this.range = rangeOf(view, Date.now());
    this.answered = this.nowhere = false;
    this.loader.every(this.isMoving ? view.refresh : 0);
    if (view.fields.length === 0) {
      this.loader.end();
      [this.error, this.failed] = [null, []];
      this.#answers.clear();
    } else if (urgent) {
      this.loader.now();
    } else {
      this.loader.soon();
    }
  }

  // Whether more may come into the range.
  get isMoving() {
    return this.#view.last !== null || this.#view.to > Date.now();
  }

  // Times and values of a field.
  of(target) {
    return this.#answers.get(target) ?? EMPTY;
  }

  // Whether nothing at all is there.
  get isEmpty() {
    return this.#view.fields.every((target) => this.of(target).times.length === 0);
  }

  // Look where there is anything; a view of that, or null.
  async whole() {
    this.loader.end();
    this.#search?.abort();
    const search = (this.#search = new AbortController());
    this.#waits(performance.now());
    let found = null;
    try {
      found = await this.#find(search.signal);
      [this.nowhere, this.error] = [found === null, null];
    } catch (error) {
      this.#failed(error);
    }
    if (this.#search !== search || search.signal.aborted) {
      return null;
    }
    this.#search = null;
    this.#waits(null);
    return found && around(found, Date.now());
  }

  // From where to where there is something. What is asked of all time comes with times that are
  // weeks wrong, so it is asked again, closer and closer.
  async #find(stop) {
    const all = { from: FIRST, to: Date.now() };
    let [found, range] = [null, all];
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      const { body } = await this.api.post("query", questionOf(this.#view.fields, range, FINE), stop);
      found = extentOf([...answersOf(body).values()]) ?? found;
      const wrong = (range.to - range.from) / FINE;
      if (found === null || wrong < (found.to - found.from) / 100) {
        break;
      }
      range = { from: Math.max(all.from, found.from - 4 * wrong), to: Math.min(all.to, found.to + 4 * wrong) };
    }
    return found;
  }

  async #load(stop) {
    const view = this.#view;
    const range = rangeOf(view, Date.now());
    const points = pointsFor(this.width(), view.fields.length);
    const { body, headers } = await this.api.post("query", questionOf(view.fields, range, points), stop);
    const answers = answersOf(body);
    this.failed = [...new Set(failedNodes(headers.get(FAILED)))];
    // Of a node that has not answered, what was there before stays.
    const kept = view.fields.filter((target) => this.failed.includes(nameOf(target).node)).map((target) => [target, this.of(target)]);
    this.#answers = new Map([...view.fields.map((target) => [target, answers.get(target) ?? EMPTY]), ...kept]);
    this.range = range;
    this.answered = true;
  }

  // Tells whether there is an error of the bridge.
  #ended(error) {
    this.error = null;
    if (error !== null) {
      this.#failed(error);
    }
    this.changed();
    return error !== null;
  }

  #failed(error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
    this.error = error.status === -1 ? this.error : error;
  }

  #waits(since) {
    this.since = since;
    this.changed();
  }
}
