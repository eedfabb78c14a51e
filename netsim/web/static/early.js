// Runs before anything is painted: a chosen theme never flashes in.
"use strict";
{
  const theme = localStorage.getItem("netsim.theme");
  if (theme === "light" || theme === "dark") {
    document.documentElement.dataset.theme = theme;
  }
}
