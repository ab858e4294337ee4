/** @import { Step } from "../stream/protocol.d.ts" */
/** @import { Display } from "./display.js" */
import { cuts } from "./cuts.js";
import { level } from "./level.js";
import { measure } from "./measure.js";

/**
 * Tints by what is chosen in the display. By quantile they depend on all that is shown: they are found anew
 * when that has doubled, and when it is whole.
 */
export class Shading {
  /** @type {number[]} */ cuts = [];
  #counted = 0;

  /** @param {Display} display */
  constructor(display) {
    this.display = display;
    this.find([]);
  }

  get whitespace() {
    return this.display.get("whitespace") === "shown";
  }

  /** @param {Step} step @returns {string} classes */
  classes(step) {
    const mode = this.display.get("mode");
    const value = measure(step, mode);
    const tint = value === null ? 0 : level(value, mode, this.cuts);
    const low = step.logprob < -Math.LN2 ? " low" : ""; // without colours too: [ and ] find it
    return (tint ? `t${tint}` : "") + low;
  }

  /**
   * Whether the steps that are shown now ask for other borders between the tints.
   *
   * @param {number} count
   * @param {boolean} whole
   */
  isStale(count, whole) {
    if (this.display.get("scale") !== "quantile") return false;
    return count >= this.#counted * 2 || (whole && count !== this.#counted);
  }

  /** @param {Step[][]} shown @returns {boolean} whether the borders have moved */
  find(shown) {
    const [mode, scale] = [this.display.get("mode"), this.display.get("scale")];
    /** @type {number[]} */
    const values = [];
    for (const steps of scale === "quantile" ? shown : []) {
      for (const step of steps) {
        const value = measure(step, mode);
        if (value !== null) values.push(value);
      }
    }
    this.#counted = shown.reduce((sum, steps) => sum + steps.length, 0) || 8;
    const found = cuts(mode, scale, values);
    const moved = found.join() !== this.cuts.join();
    this.cuts = found;
    return moved;
  }
}
