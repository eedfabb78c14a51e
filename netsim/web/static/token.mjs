// The daemon's token: comes in the address once, and is kept for this tab only.

import { $ } from "./dom.mjs";

const KEY = "netsim.token";

// Take the token out of the address of the page, if it is there.
export function takeToken() {
  const address = new URL(location.href);
  const token = address.searchParams.get("token");
  if (token !== null) {
    sessionStorage.setItem(KEY, token);
    address.searchParams.delete("token");
    history.replaceState(null, "", address);
  }
}

export function token() {
  return sessionStorage.getItem(KEY);
}

export function setToken(text) {
  sessionStorage.setItem(KEY, text);
}

// Ask for it, once at a time; resolves when one was given.
export function askToken() {
  const dialog = $("token-dialog");
  const input = $("token");
  asking ??= new Promise((resolve) => {
    if (token() !== null) {
      $("token-note").textContent = "The one that was given is not it.";
    }
    input.value = "";
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => {
      if (input.value === "") {
        dialog.showModal();
        return;
      }
      setToken(input.value);
      asking = null;
      resolve();
    });
    dialog.showModal();
  });
  return asking;
}

let asking = null;
