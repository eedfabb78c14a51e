// The actions that were called here, and what came of each.

import { clockTime } from "./clock.mjs";
import { element, setText } from "./dom.mjs";
import { formatSeconds } from "./format.mjs";
import { readOutcome } from "./outcome.mjs";
import { randomId } from "./socket.mjs";

const KEPT = 50;
const PATIENCE = 3600; // seconds: the daemon answers in the program's place long before
const WORDS = { pending: "waiting", done: "done", failed: "failed", late: "timed out" };

export class Calls {
  #calls = new Map();
  #timer = null;

  constructor(list, note) {
    this.list = list;
    this.note = note;
  }

  // Call an action through the socket.
  call(socket, name, args) {
    const call = new Call(name, args);
    const id = randomId();
    this.#calls.set(id, call);
    this.list.prepend(call.root);
    if (!socket.send("action", { name, args }, id)) {
      call.end({ state: "failed", text: "There is no connection to the daemon." });
    }
    this.#limit();
    this.note.hidden = true;
    this.#timer ??= setInterval(() => this.#tick(), 500);
  }

  answered(id, payload) {
    this.#calls.get(id)?.end(readOutcome(payload));
  }

  // Answers go to the connection that asked, and it is gone.
  lost() {
    const text = "The connection was lost: what came of it is not known.";
    this.#pending().forEach((call) => call.end({ state: "failed", text }));
  }

  end() {
    clearInterval(this.#timer);
    this.list.replaceChildren();
    this.note.hidden = false;
  }

  #pending() {
    return [...this.#calls.values()].filter((call) => call.state === "pending");
  }

  #tick() {
    this.#pending().forEach((call) => call.tick());
  }

  #limit() {
    for (const [id, call] of this.#calls) {
      if (this.#calls.size > KEPT && call.state !== "pending") {
        this.#calls.delete(id);
        call.root.remove();
      }
    }
  }
}

class Call {
  constructor(name, args) {
    this.began = performance.now();
    this.word = element("span", { className: "pill" });
    this.took = element("span", { className: "muted small", "aria-hidden": "true" });
    this.text = element("pre", { hidden: true });
    const given = Object.entries(args).map(([key, value]) => `${key}=${value}`).join(", ");
    this.root = element(
      "li",
      { className: "card" },
      element("p", { className: "head" }, element("b", {}, name), this.word),
      element("p", { className: "mono given muted", hidden: given === "" }, given),
      this.text,
      element("p", { className: "muted small when" }, clockTime(Date.now() / 1000).slice(0, 8), " · ", this.took),
    );
    this.#show("pending");
    this.tick();
  }

  get seconds() {
    return (performance.now() - this.began) / 1000;
  }

  tick() {
    const seconds = this.seconds;
    setText(this.took, seconds < 1 ? "now" : `for ${formatSeconds(Math.floor(seconds))}`);
    if (seconds > PATIENCE) {
      this.end({ state: "late", text: "There was no answer." });
    }
  }

  end({ state, text }) {
    if (this.state === "pending") {
      this.#show(state);
      setText(this.took, formatSeconds(this.seconds));
      this.text.hidden = text === "";
      setText(this.text, text);
    }
  }

  #show(state) {
    this.state = state;
    this.root.dataset.call = state;
    this.word.dataset.state = { pending: "", done: "good", failed: "bad", late: "warn" }[state];
    setText(this.word, WORDS[state]);
  }
}
