// The link before all others: it goes to what the page is for, and leaves the address alone.

import { $ } from "./dom.mjs";

export function listenForSkip() {
  $("skip").addEventListener("click", (event) => {
    event.preventDefault();
    $("main").focus();
  });
}
