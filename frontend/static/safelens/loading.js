const EVERY = 1000; // milliseconds

/** How far a model is that is being loaded: asked for while a run waits for it. */
export class Loading {
  #address;
  #timer = 0;
  word = "";

  /** @param {string} address @param {() => void} onChange */
  constructor(address, onChange) {
    this.#address = address;
    this.onChange = onChange;
  }

  /** @param {boolean} waits whether somebody waits for the model */
  watch(waits) {
    if (waits && !this.#timer) this.#timer = setTimeout(() => this.#ask(), EVERY);
    if (waits || !this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.word = "";
  }

  async #ask() {
    try {
      const answer = await fetch(this.#address);
      const { state } = await answer.json();
      if (!this.#timer) return;
      const word = String(state).startsWith("loading") ? String(state) : "";
      if (word !== this.word) {
        this.word = word;
        this.onChange();
      }
    } catch {
      // The connection's own bar says that the site doesn't answer.
    }
    if (this.#timer) this.#timer = setTimeout(() => this.#ask(), EVERY);
  }
}
