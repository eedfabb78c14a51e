// Tabs by the pattern that screen readers know: arrows go from one to the next.

import { $ } from "./dom.mjs";

export class Tabs {
  // `chosen` is given the id of the section.
  constructor(list, chosen) {
    this.tabs = [...list.querySelectorAll("[role=tab]")];
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => chosen(sectionOf(tab)));
    }
    list.addEventListener("keydown", (event) => this.#key(event, chosen));
  }

  show(section) {
    for (const tab of this.tabs) {
      const selected = sectionOf(tab) === section;
      tab.setAttribute("aria-selected", selected);
      tab.tabIndex = selected ? 0 : -1;
      $(sectionOf(tab)).hidden = !selected;
    }
  }

  #key(event, chosen) {
    const place = this.tabs.indexOf(document.activeElement);
    const last = this.tabs.length - 1;
    const next = { ArrowRight: place === last ? 0 : place + 1, ArrowLeft: place === 0 ? last : place - 1, Home: 0, End: last }[event.key];
    if (next !== undefined && place >= 0) {
      event.preventDefault();
      this.tabs[next].focus();
      chosen(sectionOf(this.tabs[next]));
    }
  }
}

function sectionOf(tab) {
  return tab.getAttribute("aria-controls");
}
