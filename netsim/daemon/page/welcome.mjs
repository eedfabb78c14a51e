// What is there where no project is shown.

import { element } from "./dom.mjs";

const PROGRAM = [
  "from netsim.status import connect",
  "",
  'link = connect("my project"URL)',
  'link.set("progress", 0.5)',
  'link.log("info", "half of it is done")',
].join("\n");

export const NOTHING = "nothing";
export const CHOOSE = "choose";
export const UNKNOWN = "unknown";

// Show one of these in the section.
export function welcome(section, what) {
  section.hidden = what === null;
  if (what !== null && section.dataset.what !== what) {
    section.replaceChildren(...{ nothing, choose, unknown }[what]());
  }
  section.dataset.what = what ?? "";
}

function nothing() {
  const url = location.port === "5000" && location.hostname === "127.0.0.1" ? "" : `, url="${location.origin}"`;
  return [
    element("h1", {}, "Nothing has connected yet"),
    element("p", { className: "muted" }, "Run this in a Python program, and it appears here:"),
    element("pre", { className: "card code" }, PROGRAM.replace("URL", () => url)),
    element("p", { className: "muted small" }, "Services of netsim connect by ", element("code", {}, `--daemon ${location.origin}`), "."),
  ];
}

function choose() {
  return [
    element("h1", {}, "Choose a project"),
    element("p", { className: "muted" }, "Its status, log and actions are shown here. Press ", element("kbd", {}, "/"), " to filter the list."),
  ];
}

function unknown() {
  return [
    element("h1", {}, "There is no such project"),
    element("p", { className: "muted" }, "It appears here as soon as its program connects."),
  ];
}
