// Which colour and dash a field has: it keeps them as long as it is shown.

export const COLOURS = 10;
const DASHES = ["solid", "dash", "dot", "dashdot"];

export class Slots {
  #slots = new Map();

  // These are shown, and no others.
  keep(targets) {
    const wanted = new Set(targets);
    [...this.#slots.keys()].filter((target) => !wanted.has(target)).forEach((target) => this.#slots.delete(target));
    const taken = new Set(this.#slots.values());
    let next = 0;
    for (const target of targets.filter((one) => !this.#slots.has(one))) {
      while (taken.has(next)) {
        next += 1;
      }
      taken.add(next);
      this.#slots.set(target, next);
    }
  }

  // The name of a custom property, and a dash.
  style(target) {
    const slot = this.#slots.get(target) ?? 0;
    return { colour: `--series-${slot % COLOURS}`, dash: DASHES[Math.floor(slot / COLOURS) % DASHES.length] };
  }
}
