// Does something again and again, while somebody looks at the page.

import { ApiError } from "./api.mjs";

export class Poll {
  #timer = null;
  #stop = null;
  #seen = () => this.now();

  // `work` is given an AbortSignal; `seconds` are between the end of one turn and the next.
  constructor(work, seconds) {
    this.work = work;
    this.seconds = seconds;
    document.addEventListener("visibilitychange", this.#seen);
    this.now();
  }

  // Do it now, whatever is under way.
  now() {
    this.#cancel();
    if (!document.hidden) {
      this.#stop = new AbortController();
      this.#turn(this.#stop.signal);
    }
  }

  end() {
    this.#cancel();
    document.removeEventListener("visibilitychange", this.#seen);
  }

  #cancel() {
    clearTimeout(this.#timer);
    this.#stop?.abort();
  }

  async #turn(stop) {
    try {
      await this.work(stop);
    } catch (error) {
      // The connection's state tells of it.
      if (!(error instanceof ApiError)) {
        throw error;
      }
    } finally {
      if (!stop.aborted) {
        this.#timer = setTimeout(() => this.#turn(stop), this.seconds * 1000);
      }
    }
  }
}
