// What is there where no field is shown.

import { element } from "./dom.mjs";
import { counted } from "./format.mjs";

const MOST_NODES = 6;
const MOST_FIELDS = 12;

// Show what to do; `shown` is given fields.
export function welcome(section, catalogue, shown) {
  const what = catalogue === null ? "looking" : catalogue.nodes.length === 0 ? "nothing" : "choose";
  const same = JSON.stringify([what, what === "choose" && suggestions(catalogue).map(({ name, fields }) => [name, fields.length])]);
  if (section.dataset.what !== same) {
    section.dataset.what = same;
    section.replaceChildren(...{ looking, nothing, choose }[what](catalogue, shown));
  }
}

function looking() {
  return [element("p", { className: "muted" }, "Looking for data nodes …")];
}

function nothing() {
  return [
    element("h1", {}, "No data node yet"),
    element("p", { className: "muted" }, "Start one, and it appears here within seconds:"),
    element("pre", { className: "card code" }, "twistd -n netsim-node example-weather"),
    element("p", { className: "muted small" }, "It has to join the same router as this bridge. Other kinds are listed by ", element("code", {}, "twistd netsim-node --help"), "."),
  ];
}

function choose(catalogue, shown) {
  const some = suggestions(catalogue);
  return [
    element("h1", {}, "Choose what to see"),
    element("p", { className: "muted" }, `There ${catalogue.size === 1 ? "is" : "are"} ${counted(catalogue.size, "field")} in the list. Press `, element("kbd", {}, "/"), " to search them."),
    ...(some.length > 0 ? [element("div", { className: "offers" }, ...some.map((node) => offer(node, shown)))] : []),
  ];
}

function offer({ name, description, fields }, shown) {
  const facts = element("span", { className: "muted small" }, [counted(fields.length, "field"), description].filter((text) => text !== "").join(" · "));
  return element("button", { type: "button", className: "card offer", onclick: () => shown(fields.map(({ target }) => target)) }, element("b", {}, name), facts);
}

// Nodes that can be shown as a whole.
function suggestions(catalogue) {
  return catalogue.nodes.filter(({ fields }) => fields.length > 0 && fields.length <= MOST_FIELDS).slice(0, MOST_NODES);
}
