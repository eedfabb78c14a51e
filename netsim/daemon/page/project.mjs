// Everything of one project: from when it is chosen until another one is.

import { Calls } from "./calls.mjs";
import { Charts } from "./charts.mjs";
import { moment } from "./clock.mjs";
import { $, setText } from "./dom.mjs";
import { Forms } from "./forms.mjs";
import { History } from "./history.mjs";
import { LogPanel } from "./logpanel.mjs";
import { Poll } from "./poll.mjs";
import { projectPath } from "./route.mjs";
import { ProjectSocket } from "./socket.mjs";
import { System } from "./system.mjs";
import { Tree } from "./tree.mjs";

const PAUSE = 3; // seconds without a status, after which the history is asked for again
const KEPT = 3600;

export class Project {
  #polls = {};
  #asked = null; // when the status was last asked for
  #shown = null; // the entry of the history that the charts end with
  #stop = new AbortController();

  constructor(name, api, connection) {
    this.name = name;
    this.api = api;
    this.connection = connection;
    this.history = new History();
    this.charts = new Charts($("charts"), $("charts-note"), this.history);
    this.tree = new Tree($("values"));
    this.log = new LogPanel(name, api);
    this.calls = new Calls($("calls"), $("calls-empty"));
    this.forms = new Forms($("forms"), (action, args) => this.calls.call(this.socket, action, args));
    this.system = new System($("systems"), $("system-empty"));
    this.#listen();
    connection.socketNeeded();
    this.socket = new ProjectSocket(name, this);
    this.#polls.status = new Poll((stop) => this.#status(stop), 1);
    this.#polls.actions = new Poll((stop) => this.#actions(stop), 3);
  }

  // The socket has joined; what was missed is asked for.
  live() {
    this.connection.socketLive();
    this.forms.enable(true);
    this.log.joined();
    this.#asked = null;
    Object.values(this.#polls).forEach((poll) => poll.now());
  }

  lost(seconds) {
    this.connection.socketLost(seconds);
    this.forms.enable(false);
    this.calls.lost();
    this.log.parted();
  }

  logged(payload) {
    this.log.logged(payload);
  }

  answered(id, payload) {
    this.calls.answered(id, payload);
  }

  show(section) {
    this.#polls.system?.end();
    delete this.#polls.system;
    if (section === "system") {
      this.#polls.system = new Poll((stop) => this.#hardware(stop), 2);
    } else if (section === "log") {
      this.log.shown();
    } else if (section === "status") {
      this.charts.redraw();
    }
  }

  end() {
    this.#stop.abort();
    Object.values(this.#polls).forEach((poll) => poll.end());
    this.socket.end();
    this.connection.socketUnneeded();
    [this.charts, this.log, this.calls, this.forms, this.system].forEach((part) => part.end());
    $("values").replaceChildren();
    $("values").hidden = true;
    setText($("synced"), "");
  }

  #listen() {
    const options = { signal: this.#stop.signal };
    const filter = $("status-filter");
    const span = $("span");
    const spanChosen = () => this.charts.span(span.value === "" ? null : Number(span.value));
    filter.addEventListener("input", () => this.#filter(), options);
    span.addEventListener("change", spanChosen, options);
    spanChosen();
    this.charts.filter(filter.value);
  }

  #filter() {
    this.charts.filter($("status-filter").value);
    this.#showTree();
  }

  async #status(stop) {
    const path = projectPath(this.name, "status");
    const now = performance.now() / 1000;
    if (this.#asked === null || now - this.#asked > PAUSE) {
      const since = this.history.last ? { since: this.history.last.time } : {};
      const { entries } = await this.api.get(`${path}/history`, { limit: KEPT, ...since }, stop);
      entries.forEach(({ time, status }) => this.history.add(time, status));
    }
    const { synced, status } = await this.api.get(path, {}, stop);
    this.#asked = performance.now() / 1000;
    this.history.add(synced, status);
    setText($("synced"), synced === null ? "" : `as of ${moment(synced)}`);
    if (this.history.last !== this.#shown) {
      this.#shown = this.history.last;
      this.charts.update();
    }
    this.#showTree();
  }

  #showTree() {
    const rest = this.history.last?.rest ?? {};
    const words = $("status-filter").value.trim().toLowerCase();
    const shown = Object.entries(rest).filter(([key, value]) => `${key} ${JSON.stringify(value)}`.toLowerCase().includes(words));
    this.tree.show(Object.fromEntries(shown));
    $("values").hidden = shown.length === 0;
    $("status-empty").hidden = this.history.last !== null;
  }

  async #actions(stop) {
    const { actions } = await this.api.get(projectPath(this.name, "actions"), {}, stop);
    this.forms.show(actions);
    const count = Object.keys(actions).length;
    setText($("actions-count"), count ? String(count) : "");
    $("actions-empty").hidden = count > 0;
  }

  async #hardware(stop) {
    this.system.show(await this.api.get(projectPath(this.name, "hardware"), {}, stop));
  }
}
