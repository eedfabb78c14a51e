// How it goes: a word in the bar, a line that moves while something is waited for, and what went wrong.

import { arrange, element, setText } from "./dom.mjs";
import { formatSeconds } from "./format.mjs";

const SHORT = 400; // milliseconds: waiting that is not worth a word
const LONG = 2000;

export class State {
  #since = null;
  #word = ["warn", "Connecting"];
  #notices = new Map();

  constructor({ pill, progress, notices }) {
    Object.assign(this, { pill, progress, notices });
    setInterval(() => this.#show(), 250);
  }

  // `since` is when the waiting began, or null; `state` and `word` are for when it is over.
  show(since, state, word) {
    this.#since = since;
    this.#word = [state, word];
    this.#show();
  }

  // Tell these sentences, each with its state.
  tell(sentences) {
    const texts = sentences.map(([text]) => text);
    [...this.#notices.keys()].filter((text) => !texts.includes(text)).forEach((text) => this.#notices.delete(text));
    arrange(
      this.notices,
      sentences.map(([text, state]) => {
        if (!this.#notices.has(text)) {
          this.#notices.set(text, element("p", { className: "notice", dataset: { state } }, text));
        }
        return this.#notices.get(text);
      }),
    );
  }

  #show() {
    const waited = this.#since === null ? 0 : performance.now() - this.#since;
    const isLong = waited > SHORT;
    this.progress.hidden = !isLong;
    const [state, word] = isLong ? ["warn", waited > LONG ? `Loading, ${formatSeconds(Math.floor(waited / 1000))}` : "Loading"] : this.#word;
    this.pill.dataset.state = state;
    setText(this.pill.lastElementChild, word);
  }
}
