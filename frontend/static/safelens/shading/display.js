/** @import { Mode } from "./measure.js" */
/** @import { Scale } from "./cuts.js" */

const KEPT = "safelens display";

/** What can be chosen, the default first. */
export const CHOICES = {
  /** @type {Mode[]} */ mode: ["probability", "surprisal", "entropy", "rank", "guard", "none"],
  /** @type {Scale[]} */ scale: ["linear", "log", "quantile"],
  /** @type {("default" | "cividis" | "contrast")[]} */ palette: ["default", "cividis", "contrast"],
  /** @type {("hidden" | "shown")[]} */ whitespace: ["hidden", "shown"],
  /** @type {("surprisal" | "entropy")[]} */ line: ["surprisal", "entropy"],
  /** @type {("whole" | "largest")[]} how long the longest bar may get */ bars: ["whole", "largest"],
};

/** @typedef {keyof typeof CHOICES} Name */

/** How tokens are shown, kept in this browser. A kept value that isn't one any more gives way to the default. */
export class Display {
  /** @type {Map<Name, string>} */ #chosen = new Map();
  /** @type {Set<(name: Name) => void>} told which choice has changed */ listeners = new Set();

  constructor() {
    /** @type {Record<string, unknown>} */
    let kept = {};
    try {
      kept = Object(JSON.parse(localStorage.getItem(KEPT) ?? "{}"));
    } catch {
      // Nothing kept, or nothing readable: the defaults.
    }
    for (const [name, values] of /** @type {[Name, string[]][]} */ (Object.entries(CHOICES))) {
      const value = values.find((one) => one === kept[name]);
      this.#chosen.set(name, value ?? values[0] ?? "");
    }
    this.#mark();
  }

  /**
   * @template {Name} Which
   * @param {Which} name
   * @returns {(typeof CHOICES)[Which][number]}
   */
  get(name) {
    return /** @type {any} */ (this.#chosen.get(name));
  }

  /** @param {Name} name @param {string} value */
  set(name, value) {
    if (!CHOICES[name].some((one) => one === value) || this.#chosen.get(name) === value) return;
    this.#chosen.set(name, value);
    this.#mark();
    try {
      localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(this.#chosen)));
    } catch {
      // A browser that keeps nothing has the choice until the page is left.
    }
    for (const listener of this.listeners) listener(name);
  }

  /** What style sheets need to know. */
  #mark() {
    document.documentElement.dataset["palette"] = this.get("palette");
    document.documentElement.dataset["mode"] = this.get("mode");
  }
}
