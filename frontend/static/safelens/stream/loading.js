const EVERY = 1000; // milliseconds, while somebody waits for it
const SELDOM = 3000; // while nobody does
const FREE = /^(ready|\d+ before you)$/;

/**
 * What keeps the model from answering, in its own words: `loading 40 %`. Asked for when the page opens, until
 * nothing does, and while a run waits.
 */
export class Loading {
  #address;
  #timer = 0;
  #waits = false;
  word = "";

  /** @param {string} address @param {() => void} onChange */
  constructor(address, onChange) {
    this.#address = address;
    this.onChange = onChange;
  }

  start() {
    this.#next(0);
  }

  /** @param {boolean} waits whether somebody waits for the model */
  watch(waits) {
    if (waits === this.#waits) return;
    this.#waits = waits;
    if (!waits) this.word = ""; // what waited has begun, as a rule
    this.#next(waits ? EVERY : SELDOM);
  }

  /** @param {number} pause below 0: not any more */
  #next(pause) {
    clearTimeout(this.#timer);
    this.#timer = pause < 0 ? 0 : setTimeout(() => void this.#ask(), pause);
  }

  async #ask() {
    const mine = this.#timer;
    try {
      const answer = await fetch(this.#address);
      const { state } = await answer.json();
      if (mine !== this.#timer) return;
      const word = FREE.test(String(state)) ? "" : String(state);
      if (word !== this.word) {
        this.word = word;
        this.onChange();
      }
    } catch {
      // The connection's own bar says that the site doesn't answer.
    }
    if (mine === this.#timer) this.#next(this.#waits ? EVERY : this.word ? SELDOM : -1);
  }
}
