// Whether the daemon is there, as the page shows it.

import { setText } from "./dom.mjs";

export class Connection {
  #reachable = null;
  #socket = null; // null: none is needed; else whether it is live
  #retry = null; // when the socket will try again, in milliseconds of the page's clock
  #since = null;

  constructor(pill, toast) {
    this.pill = pill;
    this.toast = toast;
    setInterval(() => this.#show(), 500);
  }

  // A request was answered, or not. Tells whether that is news.
  answered(reachable) {
    const news = this.#reachable === false && reachable;
    this.#reachable = reachable;
    this.#show();
    return news;
  }

  socketNeeded() {
    this.#socket = false;
    this.#retry = null;
    this.#show();
  }

  socketLive() {
    this.#socket = true;
    this.#show();
  }

  socketLost(seconds) {
    this.#socket = false;
    this.#retry = performance.now() + seconds * 1000;
    this.#show();
  }

  socketUnneeded() {
    this.#socket = null;
    this.#show();
  }

  #show() {
    const lost = this.#reachable === false || (this.#socket === false && this.#retry !== null);
    const waiting = this.#reachable === null || this.#socket === false;
    const [state, word] = lost ? ["bad", "Connection lost"] : waiting ? ["warn", "Connecting"] : ["good", "Connected"];
    this.pill.dataset.state = state;
    setText(this.pill.lastElementChild, word);
    document.body.classList.toggle("lost", lost);
    this.#since = lost ? this.#since ?? performance.now() : null;
    // A moment without it is nothing to read about.
    const told = lost && performance.now() - this.#since > 700;
    this.toast.hidden = !told;
    if (told) {
      setText(this.toast, "Connection lost, retrying. What was shown stays here.");
    }
  }
}
