// The actions of a program as forms.

import { arrange, element } from "./dom.mjs";
import { isObject } from "./format.mjs";
import { readArgument, written } from "./signature.mjs";

const HINTS = { whole: "a whole number", number: "a number", text: "text", any: "a value, such as 1, [1, 2] or text" };

export class Forms {
  #forms = new Map();

  // `call` is given a name and arguments.
  constructor(container, call) {
    this.container = container;
    this.call = call;
  }

  // Show these; forms of actions that are still the same keep what was filled in.
  show(actions) {
    const forms = new Map();
    for (const [name, action] of Object.entries(actions)) {
      const same = JSON.stringify(action);
      const known = this.#forms.get(name);
      forms.set(name, known?.same === same ? known : { same, root: this.#form(name, isObject(action) ? action : {}) });
    }
    this.#forms = forms;
    arrange(this.container, [...forms.values()].map((form) => form.root));
  }

  // Whether there is a connection to call them through.
  enable(enabled) {
    this.container.classList.toggle("disabled", !enabled);
  }

  end() {
    this.show({});
  }

  #form(name, { args, description, blocking }) {
    const fields = Object.entries(isObject(args) ? args : {}).map(([key, text]) => field(readArgument(key, text)));
    const form = element(
      "form",
      { className: "card action", "aria-label": name },
      element("h3", {}, name),
      element("p", { className: "muted small", hidden: !description }, typeof description === "string" ? description : ""),
      element("div", { className: "fields" }, ...fields.map((entry) => entry.root)),
      element(
        "p",
        { className: "send" },
        element("button", { className: "primary", type: "submit", "aria-label": `Call ${name}` }, "Call"),
        element("span", { className: "pill", hidden: !blocking }, "blocking"),
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.call(name, filled(fields));
    });
    return form;
  }
}

let ids = 0;

function field(argument) {
  const { name, type, kind, optional, initial } = argument;
  const input = element("input", { id: `argument-${(ids += 1)}`, autocomplete: "off", spellcheck: false });
  if (kind === "yes") {
    Object.assign(input, { type: "checkbox", checked: initial });
  } else {
    const isNumber = kind === "whole" || kind === "number";
    Object.assign(input, { type: isNumber ? "number" : "text", step: kind === "whole" ? "1" : "any", value: initial });
    Object.assign(input, { required: !optional && kind !== "text", placeholder: optional ? "as it is by default" : HINTS[kind] });
  }
  const label = element("label", { htmlFor: input.id }, element("b", {}, name), element("span", { className: "muted small mono" }, type));
  const root = element("div", { className: kind === "yes" ? "field yes" : "field" }, label, input);
  return { argument, input, root };
}

function filled(fields) {
  const args = fields.map(({ argument, input }) => {
    return [argument.name, written(argument, argument.kind === "yes" ? input.checked : input.value)];
  });
  return Object.fromEntries(args.filter(([, value]) => value !== undefined));
}
