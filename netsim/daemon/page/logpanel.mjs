// The log of one project: what was logged before, then what is logged now, and the tools above.

import { ApiError } from "./api.mjs";
import { $, setText } from "./dom.mjs";
import { readLine, unknownOf } from "./lines.mjs";
import { LogView } from "./logview.mjs";
import { projectPath } from "./route.mjs";

const BEFORE = 1000; // lines
const EARLY = 20000; // lines that may come while the earlier ones are asked for

const whole = new Intl.NumberFormat("en");

export class LogPanel {
  #early = null; // lines that came while the earlier ones are asked for
  #stop = new AbortController();

  constructor(name, api) {
    this.name = name;
    this.api = api;
    this.view = new LogView($("log-lines"), () => this.#changed());
    this.#listen();
    this.#ask();
  }

  // The socket has joined: from now on no line is missed; now for those before.
  async joined() {
    this.#early = [];
    let earlier = [];
    try {
      const { logs } = await this.api.get(projectPath(this.name, "logs"), { limit: BEFORE }, this.#stop.signal);
      earlier = logs.map(({ payload, time, level }) => readLine(payload, { time, level }));
    } catch (error) {
      if (!(error instanceof ApiError)) {
        throw error;
      }
    }
    const shown = this.view.buffer.lines;
    const last = shown.at(-1);
    this.view.add(unknownOf(shown, earlier, (line) => last === undefined || line.time > last.time));
    const early = this.#early ?? [];
    this.#early = null;
    this.view.add(unknownOf(earlier, early));
  }

  parted() {
    this.#early = null;
  }

  logged(payload) {
    const line = readLine(payload, { time: Date.now() / 1000 });
    if (this.#early === null) {
      this.view.add([line]);
    } else if (this.#early.push(line) > EARLY) {
      this.#early.shift();
    }
  }

  shown() {
    this.view.shown();
  }

  end() {
    this.#stop.abort();
    this.view.end();
    $("log-newer").hidden = true;
    $("log-empty").hidden = true;
  }

  #listen() {
    const options = { signal: this.#stop.signal };
    $("log-search").addEventListener("input", () => this.#ask(), options);
    $("log-level").addEventListener("change", () => this.#ask(), options);
    $("log-follow").addEventListener("click", () => this.view.follow(!this.view.following), options);
    $("log-newer").addEventListener("click", () => this.#toEnd(), options);
  }

  #ask() {
    this.view.ask($("log-level").value, $("log-search").value);
  }

  #toEnd() {
    this.view.follow(true);
    $("log-lines").focus();
  }

  #changed() {
    const { lines, matches } = this.view.buffer;
    const { following, waiting } = this.view;
    const count = matches.length === lines.length ? "" : `${whole.format(matches.length)} of `;
    setText($("log-count"), `${count}${whole.format(lines.length)} lines`);
    $("log-follow").setAttribute("aria-pressed", following);
    $("log-newer").hidden = following || waiting === 0;
    setText($("log-newer"), `↓ ${whole.format(waiting)} newer lines`);
    $("log-empty").hidden = matches.length > 0;
    setText($("log-empty"), lines.length === 0 ? "Nothing was logged yet." : "No line is like this.");
  }
}
