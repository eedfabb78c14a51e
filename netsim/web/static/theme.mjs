// The theme: what the system has, or what was chosen here.

const KEY = "netsim.theme";
const NEXT = { system: "light", light: "dark", dark: "system" };
const SIGNS = { system: "◐", light: "○", dark: "●" };

function current() {
  return document.documentElement.dataset.theme ?? "system";
}

function choose(theme) {
  if (theme === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(KEY, theme);
  }
}

const known = new Map();

// Make a button go through the themes; `changed` is called whenever the colours are others.
export function themeButton(button, changed) {
  const others = () => {
    known.clear();
    changed();
  };
  const show = () => {
    button.textContent = SIGNS[current()];
    button.title = `Theme: ${current()}`;
    button.setAttribute("aria-label", `Theme: ${current()}. Change it`);
  };
  button.addEventListener("click", () => {
    choose(NEXT[current()]);
    show();
    others();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", others);
  show();
}

// What a custom property of the style is as a colour, for those who cannot read CSS.
export function colour(name) {
  if (!known.has(name)) {
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    known.set(name, getComputedStyle(probe).color);
    probe.remove();
  }
  return known.get(name);
}
