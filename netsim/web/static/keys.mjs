// Keys for the whole page: "/" goes to the search that is at hand, Escape empties it.

import { $ } from "./dom.mjs";

// `searches` are ids; the first of them that can be seen is at hand.
export function listenForKeys(searches) {
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, textarea, select, dialog");
    if (event.key === "/" && field === null && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = searches.map($).find((input) => input.checkVisibility());
      event.preventDefault();
      search?.focus();
      search?.select();
    } else if (event.key === "Escape" && event.target.type === "search" && event.target.value !== "") {
      event.preventDefault();
      event.target.value = "";
      event.target.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
}
