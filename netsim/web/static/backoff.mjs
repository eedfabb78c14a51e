// How long to wait before the next try.

export class Backoff {
  // `random` gives numbers from 0 to 1.
  constructor({ first = 0.5, factor = 1.7, most = 8, random = Math.random } = {}) {
    Object.assign(this, { first, factor, most, random });
    this.reset();
  }

  // It has worked: begin anew.
  reset() {
    this.tries = 0;
  }

  // Seconds until the next try; many pages do not all come back at the same time.
  next() {
    const wait = Math.min(this.most, this.first * this.factor ** this.tries);
    this.tries += 1;
    return wait * (0.8 + 0.4 * this.random());
  }
}
