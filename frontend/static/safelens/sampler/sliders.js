/** @import { Settings } from "../stream/protocol.d.ts" */
/** @import { Sampler } from "./sampler.js" */
import { element } from "../page/element.js";
import { FIELDS } from "../settings/settings.js";

/** @type {Record<keyof Sampler, { low: number, high: number, step: number, start: number }>} */
const RANGES = {
  temperature: { low: 0, high: 2, step: 0.05, start: 1 },
  k: { low: 1, high: 50, step: 1, start: 30 },
  top_p: { low: 0.01, high: 1, step: 0.01, start: 1 },
  min_p: { low: 0, high: 1, step: 0.01, start: 0 },
};
const NAMES = /** @type {(keyof Sampler)[]} */ (Object.keys(RANGES));

/**
 * Temperature, top-k, top-p and min-p to try. They start where the token's own settings were, to the last digit,
 * and count as moved only where a person moved them.
 */
export class Sliders {
  /** @type {Record<keyof Sampler, number>} */ #own = { temperature: 1, k: 30, top_p: 1, min_p: 0 };
  /** @type {Map<keyof Sampler, HTMLInputElement>} */ #inputs = new Map();
  /** @type {Map<keyof Sampler, HTMLOutputElement>} */ #outputs = new Map();
  /** @type {Map<keyof Sampler, number>} */ #moved = new Map();
  /** Stands where there is room for it. */
  back = element("button", { type: "button", class: "link" }, "Back to this answer’s settings");

  /** @param {() => void} onMove */
  constructor(onMove) {
    const fields = NAMES.map((name) => this.#field(name, onMove));
    this.back.addEventListener("click", () => {
      this.start(this.#own);
      onMove();
      this.focus();
    });
    this.element = element("div", { class: "sliders", role: "group", "aria-label": "Try other settings" }, ...fields);
  }

  get moved() {
    return this.#moved.size > 0;
  }

  /** @returns {Sampler} */
  get values() {
    return { ...this.#own, ...Object.fromEntries(this.#moved) };
  }

  /** @param {Partial<Settings>} settings */
  start(settings) {
    this.#moved.clear();
    for (const name of NAMES) {
      const { high, start } = RANGES[name];
      const value = settings[name] ?? start;
      this.#own[name] = value;
      const input = this.#inputs.get(name);
      if (!input) continue;
      input.max = String(Math.max(high, value));
      input.value = String(value);
      this.#tell(name, value);
    }
  }

  focus() {
    this.#inputs.get("temperature")?.focus();
  }

  /** @param {keyof Sampler} name @param {() => void} onMove */
  #field(name, onMove) {
    const { low, high, step } = RANGES[name];
    const id = `try-${name}`;
    const range = { type: "range", id, min: String(low), max: String(high), step: String(step) };
    const input = element("input", range);
    const output = element("output", { for: id });
    this.#inputs.set(name, input);
    this.#outputs.set(name, output);
    input.addEventListener("input", () => {
      const value = Number(input.value);
      // A slider's own steps may not reach the settings' value: coming back to its place is coming back to it.
      if (Math.abs(value - this.#own[name]) < step / 2) this.#moved.delete(name);
      else this.#moved.set(name, value);
      this.#tell(name, this.values[name]);
      onMove();
    });
    const label = element("label", { for: id }, element("span", { class: "unseen" }, "Try "), FIELDS[name]?.label ?? name);
    return element("div", { class: "slider" }, label, output, input);
  }

  /** @param {keyof Sampler} name @param {number} value */
  #tell(name, value) {
    const output = this.#outputs.get(name);
    if (output) output.textContent = String(value);
    this.back.hidden = !this.moved;
  }
}
