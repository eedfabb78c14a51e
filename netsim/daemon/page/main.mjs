// Puts the parts of the page together.

import { Api, ApiError } from "./api.mjs";
import { Connection } from "./connection.mjs";
import { moment } from "./clock.mjs";
import { $, setText } from "./dom.mjs";
import { counted, formatSeconds } from "./format.mjs";
import { listenForKeys } from "./keys.mjs";
import { Poll } from "./poll.mjs";
import { Project } from "./project.mjs";
import { ProjectList, titleOf } from "./projects.mjs";
import { parseRoute, projectPath, routeTo } from "./route.mjs";
import { listenForSkip } from "./skip.mjs";
import { Tabs } from "./tabs.mjs";
import { themeButton } from "./theme.mjs";
import { askToken, takeToken } from "./token.mjs";
import { CHOOSE, NOTHING, UNKNOWN, welcome } from "./welcome.mjs";

const SEARCHES = ["log-search", "status-filter", "project-filter"];

class Page {
  #project = null;
  #projects = null;
  #route = parseRoute("");

  constructor() {
    takeToken();
    this.connection = new Connection($("connection"), $("toast"));
    this.api = new Api({
      base: "api/v1/",
      answered: () => this.connection.answered(true) && this.#back(),
      failed: () => this.connection.answered(false),
      unauthorized: () => askToken().then(() => this.#restart()),
    });
    this.list = new ProjectList($("projects"), $("project-filter"), $("projects-note"));
    this.tabs = new Tabs(document.querySelector("[role=tablist]"), (section) => this.#go(section));
    this.#listen();
    this.polls = [
      new Poll((stop) => this.#projectsTurn(stop), 2),
      new Poll((stop) => this.#daemonTurn(stop), 10),
    ];
    this.#follow();
  }

  #listen() {
    themeButton($("theme"), () => this.#project?.charts.redraw());
    listenForKeys(SEARCHES);
    listenForSkip();
    addEventListener("hashchange", () => this.#follow());
    $("forget").addEventListener("click", () => $("forget-dialog").showModal());
    $("forget-cancel").addEventListener("click", () => $("forget-dialog").close());
    $("forget-form").addEventListener("submit", () => this.#forget());
  }

  // The daemon is there again.
  #back() {
    this.#project?.socket.hurry();
    this.polls.forEach((poll) => poll.now());
  }

  // There is a token now.
  #restart() {
    this.#close();
    this.#follow();
    this.polls.forEach((poll) => poll.now());
  }

  async #projectsTurn(stop) {
    const { projects } = await this.api.get("projects", {}, stop);
    this.#projects = projects;
    this.list.show(projects);
    this.#show();
  }

  async #daemonTurn(stop) {
    const { version, uptime, database } = await this.api.get("daemon", {}, stop);
    setText($("daemon"), `netsim ${version}, up for ${formatSeconds(uptime)}${database.trouble ? `. Nothing is kept on disk: ${database.trouble}` : ""}`);
    $("daemon").classList.toggle("trouble", Boolean(database.trouble));
  }

  #go(section) {
    location.replace(routeTo(this.#route.name, section));
  }

  // Show what the address says.
  #follow() {
    const before = this.#route;
    this.#route = parseRoute(location.hash);
    if (this.#route.name !== before.name) {
      this.#close();
    }
    this.list.choose(this.#route.name);
    this.#show();
    this.tabs.show(this.#route.section);
    this.#project?.show(this.#route.section);
    if (this.#route.name !== before.name && before.name !== null) {
      scrollTo(0, 0);
    }
  }

  #show() {
    const { name, section } = this.#route;
    const state = this.#projects?.find((project) => project.name === name);
    if (state !== undefined && this.#project === null) {
      this.#project = new Project(name, this.api, this.connection);
      this.#project.show(section);
    }
    const isShown = this.#project !== null;
    document.body.dataset.view = name === null && this.#projects?.length !== 0 ? "list" : "project";
    $("project").hidden = !isShown;
    welcome($("welcome"), isShown || this.#projects === null ? null : name !== null ? UNKNOWN : this.#projects.length === 0 ? NOTHING : CHOOSE);
    document.title = isShown ? `${state ? titleOf(state) : name} · netsim` : "netsim";
    if (isShown && state) {
      this.#showState(state);
    }
  }

  #showState(state) {
    setText($("project-title"), titleOf(state));
    const pill = $("project-state");
    pill.dataset.state = state.online ? "good" : "";
    setText(pill.lastElementChild, state.online ? "online" : "offline");
    const facts = [
      ...(titleOf(state) === state.name ? [] : [state.name]),
      state.clis ? `${counted(state.clis, "program")} connected` : `last seen ${moment(state.last_seen)}`,
      counted(state.webs, "viewer"),
      ...(state.pending ? [`${counted(state.pending, "action")} running`] : []),
    ];
    setText($("project-facts"), facts.join(" · "));
    $("forget").hidden = state.online || state.clis > 0;
  }

  #close() {
    this.#project?.end();
    this.#project = null;
  }

  async #forget() {
    try {
      await this.api.remove(projectPath(this.#route.name));
      location.hash = "#/";
      this.polls[0].now();
    } catch (error) {
      if (!(error instanceof ApiError)) {
        throw error;
      }
    }
  }
}

new Page();
