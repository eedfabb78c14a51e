// Asks again and again, one question at a time: the last one wins, and a slow answer is waited for.

import { Backoff } from "./backoff.mjs";

const SOON = 120; // milliseconds: what is chosen in one go is asked for once

export class Loader {
  #timer = null;
  #stop = null;
  #seconds = 0;
  #backoff = null;
  #missed = false; // whether it was due while nobody looked

  // `work` is given an AbortSignal; `ended` the error, or null, and returns whether to try again.
  // `changed` is told since when it is waiting, or null. `hidden` says whether nobody looks.
  constructor({ work, ended, changed = () => {}, hidden = () => document.hidden, random = Math.random }) {
    Object.assign(this, { work, ended, changed, hidden });
    this.#backoff = new Backoff({ first: 1, factor: 2, most: 30, random });
  }

  get busy() {
    return this.#stop !== null;
  }

  // Ask now, whatever is under way.
  now() {
    this.#cancel();
    this.#stop = new AbortController();
    this.changed(performance.now());
    this.#turn(this.#stop);
  }

  // Ask in a moment, if nothing else is asked for.
  soon() {
    this.#cancel();
    this.#timer = setTimeout(() => this.now(), SOON);
  }

  // Ask so many seconds after an answer; 0: never.
  every(seconds) {
    this.#seconds = seconds;
    if (!this.busy) {
      clearTimeout(this.#timer);
      this.#wait(seconds);
    }
  }

  // Somebody looks again: what was due meanwhile is asked for.
  seen() {
    if (this.#missed && !this.hidden()) {
      this.now();
    }
  }

  end() {
    this.#cancel();
    this.changed(null);
  }

  #cancel() {
    clearTimeout(this.#timer);
    this.#stop?.abort();
    this.#stop = null;
    this.#missed = false;
  }

  #wait(seconds) {
    if (seconds > 0) {
      this.#timer = setTimeout(() => this.#due(), seconds * 1000);
    }
  }

  #due() {
    if (this.hidden()) {
      this.#missed = true;
    } else {
      this.now();
    }
  }

  async #turn(stop) {
    let error = null;
    try {
      await this.work(stop.signal);
    } catch (caught) {
      error = caught;
    }
    if (this.#stop !== stop) {
      return;
    }
    this.#stop = null;
    this.changed(null);
    const again = this.ended(error);
    if (error === null) {
      this.#backoff.reset();
      this.#wait(this.#seconds);
    } else if (again) {
      this.#wait(Math.max(this.#seconds, this.#backoff.next()));
    }
  }
}
