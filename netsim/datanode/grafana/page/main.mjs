// Puts the parts of the page together.

import { MOST_FIELDS, parseAddress, writeAddress } from "./address.mjs";
import { Api } from "./api.mjs";
import { Catalogue } from "./catalogue.mjs";
import { csvOf, save } from "./csv.mjs";
import { Data } from "./data.mjs";
import { $, setText } from "./dom.mjs";
import { counted } from "./format.mjs";
import { listenForKeys } from "./keys.mjs";
import { columnsOf, linesOf } from "./lines.mjs";
import { Picker } from "./picker.mjs";
import { Poll } from "./poll.mjs";
import { listenForSkip } from "./skip.mjs";
import { Slots } from "./slots.mjs";
import { isSameTime, limited, moved, scaled } from "./span.mjs";
import { Stage } from "./stage.mjs";
import { themeButton } from "./theme.mjs";
import { askToken, takeToken } from "./token.mjs";
import { Tools, fixed } from "./tools.mjs";
import { welcome } from "./welcome.mjs";
import { wordsOf } from "./words.mjs";
import { Zone } from "./zone.mjs";

const PATIENCE = 60000; // milliseconds: the bridge itself waits for slow nodes
const LOOK = 5; // seconds between two looks for nodes
const EMPTY = new Catalogue();

class Page {
  #view = parseAddress(location.hash);
  #zone = new Zone(false);
  #catalogue = null;
  #trouble = null; // of the catalogue
  #full = false; // whether more was chosen than can be shown
  #hidden = new Set();
  #slots = new Slots();

  constructor() {
    takeToken();
    const unauthorized = () => askToken().then(() => this.#restart());
    this.api = new Api({ patience: PATIENCE, answered: () => {}, failed: () => {}, unauthorized });
    this.data = new Data({
      api: this.api,
      width: () => $("plots").clientWidth,
      changed: () => this.#show(),
      again: (error) => wordsOf(error).again,
      hidden: () => document.hidden,
    });
    const whole = () => this.#whole();
    const toggled = (targets, chosen) => this.#toggle(targets, chosen);
    this.picker = new Picker({ list: $("nodes"), filter: $("field-filter"), note: $("nodes-note"), toggled });
    this.stage = new Stage({ moves: this.#moves(), removed: (target) => toggled([target], false), hidden: (target) => this.#hide(target), whole });
    this.tools = new Tools({
      ...this.#moves(),
      go: (changes) => this.#go(changes),
      refresh: () => this.data.loader.now(),
      whole,
      download: () => this.#download(),
      range: () => this.data.range,
    });
    this.#listen();
    this.#follow();
    this.poll = new Poll((stop) => this.#look(stop), LOOK);
  }

  #listen() {
    themeButton($("theme"), () => this.stage.plots.redraw());
    listenForKeys(["field-filter"]);
    listenForSkip();
    addEventListener("popstate", () => this.#follow());
    document.addEventListener("visibilitychange", () => this.data.loader.seen());
    $("clear").addEventListener("click", () => this.#go({ fields: [] }));
    $("pick").addEventListener("click", () => this.#pick(document.body.dataset.picking === undefined));
  }

  // Ways to other ranges of time.
  #moves() {
    return {
      zoomed: ({ from, to }) => this.#go(fixed(limited(from, to))),
      moved: (part) => this.#go(fixed(moved(this.data.range, part))),
      scaled: (factor) => {
        const { last } = this.#view;
        this.#go(last === null ? fixed(scaled(this.data.range, factor)) : { last: Math.max(1, Math.round(last * factor)) });
      },
    };
  }

  // Change what is shown, and the address: going back undoes a move in time.
  #go(changes) {
    const before = this.#view;
    this.#view = { ...before, ...changes };
    history[isSameTime(before, this.#view) ? "replaceState" : "pushState"](null, "", writeAddress(this.#view));
    this.#take(before);
  }

  // Show what the address says.
  #follow() {
    this.#view = parseAddress(location.hash);
    this.#take(null);
  }

  #take(before) {
    const { fields, utc, refresh } = this.#view;
    const stays = before !== null && before.refresh === refresh && isSameTime(before, this.#view);
    this.#zone = this.#zone.utc === utc ? this.#zone : new Zone(utc);
    this.#slots.keep(fields);
    this.#hidden = this.#hidden.intersection(new Set(fields));
    this.#full = this.#full && fields.length === MOST_FIELDS;
    if (!stays || before.fields !== fields) {
      this.data.look(this.#view, !stays);
    }
    this.#show();
  }

  #toggle(targets, chosen) {
    const { fields } = this.#view;
    const wanted = chosen ? [...new Set([...fields, ...targets])] : fields.filter((field) => !targets.includes(field));
    this.#full = wanted.length > MOST_FIELDS;
    this.#go({ fields: wanted.slice(0, MOST_FIELDS) });
  }

  #hide(target) {
    this.#hidden = this.#hidden.symmetricDifference(new Set([target]));
    this.#show();
  }

  // On a narrow screen, fields or charts are to be seen.
  #pick(isOpen) {
    document.body.toggleAttribute("data-picking", isOpen);
    $("pick").setAttribute("aria-expanded", String(isOpen));
    this.#show();
  }

  // Go to where the data is.
  async #whole() {
    const found = await this.data.whole();
    if (found !== null) {
      this.#go(found);
    }
  }

  #download() {
    const begin = new Date(this.data.range.from).toISOString().slice(0, 19).replace(/[-:]/g, "");
    save(`netsim-${begin}Z.csv`, csvOf(columnsOf(linesOf(this.#view.fields, this.#parts))));
  }

  // There is a token now.
  #restart() {
    this.poll.now();
    this.data.look(this.#view, true);
  }

  async #look(stop) {
    const before = this.#known;
    try {
      const [nodes, fields] = await Promise.all([this.api.get("api/nodes", {}, stop), this.api.get("api/fields", {}, stop)]);
      [this.#catalogue, this.#trouble] = [new Catalogue(nodes, fields), null];
    } catch (error) {
      this.#trouble = error.status === -1 ? this.#trouble : error;
      throw error;
    } finally {
      this.#show();
    }
    if (before !== null && this.#known > before) {
      this.data.loader.now();
    }
  }

  // How many of the fields that are shown are there.
  get #known() {
    return this.#catalogue && this.#view.fields.filter((target) => this.#catalogue.find(target).known).length;
  }

  get #parts() {
    return { catalogue: this.#catalogue ?? EMPTY, data: this.data, slots: this.#slots, hidden: this.#hidden };
  }

  #show() {
    const { fields } = this.#view;
    $("show").hidden = fields.length === 0;
    $("welcome").hidden = fields.length > 0;
    welcome($("welcome"), this.#catalogue, (targets) => this.#toggle(targets, true));
    this.picker.show(this.#catalogue ?? EMPTY, fields);
    this.tools.show(this.#view, this.#zone, this.data.isMoving);
    const lines = linesOf(fields, this.#parts);
    this.stage.show({ lines, view: this.#view, zone: this.#zone, data: this.data, catalogue: this.#catalogue, trouble: this.#trouble, full: this.#full });
    const { size, nodes } = this.#catalogue ?? EMPTY;
    setText($("chosen"), fields.length > 0 ? `${counted(fields.length, "field")} shown` : size > 0 ? `${counted(size, "field")} of ${counted(nodes.length, "node")}` : "");
    $("clear").hidden = fields.length === 0;
    setText($("pick"), document.body.dataset.picking === undefined ? "Fields" : "Charts");
    document.title = `${lines.length > 0 ? `${lines[0].field.name}${lines.length > 1 ? ` +${lines.length - 1}` : ""} · ` : ""}netsim live`;
  }
}

new Page();
