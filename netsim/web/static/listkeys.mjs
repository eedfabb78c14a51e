// Keys of a list with a search above it: arrows go along it and back, Enter takes the first.

// `items` are a selector of what arrows go to, and `first` of what is taken; `ends`: Home and End
// go to the ends of the list.
export function listenForListKeys({ list, filter, items, first = items, ends = false }) {
  filter.addEventListener("keydown", (event) => filterKey(event, list.querySelector(first)));
  list.addEventListener("keydown", (event) => listKey(event, [...list.querySelectorAll(items)], filter, ends));
}

function filterKey(event, first) {
  if (event.key === "ArrowDown" && first) {
    event.preventDefault();
    first.focus();
  } else if (event.key === "Enter" && first) {
    first.click();
  }
}

function listKey(event, items, filter, ends) {
  const place = items.indexOf(document.activeElement);
  const last = items.length - 1;
  const next = { ArrowDown: place + 1, ArrowUp: place - 1, ...(ends ? { Home: 0, End: last } : {}) }[event.key];
  if (next !== undefined && place >= 0) {
    event.preventDefault();
    (next < 0 ? filter : items[next])?.focus();
  }
}
