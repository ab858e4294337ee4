/** @import { Step } from "../stream/protocol.d.ts" */
/** @import { Line } from "../study/study.d.ts" */
/** @import { Display } from "./display.js" */
import { find } from "../page/find.js";
import { measure } from "./measure.js";
import { significant } from "../page/numbers.js";
import { peaks } from "./peaks.js";

const WIDTH = 720; // units of the drawing, whatever its width on the page
const HEIGHT = 32;
const TOP = 4; // bits that fill the height at least: a calm answer must not look wild

/**
 * Surprisal or entropy over one whole answer, in bits. Follows the pointer with the token's value; a click goes
 * to the token. Keys have [ and ] for it.
 */
export class Sparkline {
  #place = find("sparkline", HTMLElement);
  #area = this.#part("path");
  #cursor = this.#part("line");
  #value = /** @type {HTMLOutputElement} */ (this.#place.querySelector("output"));
  /** @type {Line | null} */ #run = null;
  #drawn = "";

  /** @param {Display} display @param {(run: string, i: number) => void} onPick */
  constructor(display, onPick) {
    this.display = display;
    this.#place.addEventListener("pointermove", (event) => this.#point(this.#under(event)));
    this.#place.addEventListener("pointerleave", () => this.#point(null));
    this.#place.addEventListener("click", (event) => {
      const i = this.#under(event);
      if (this.#run && i !== null) onPick(this.#run.id, i);
    });
  }

  /** @param {Line | undefined} run */
  show(run) {
    const name = this.display.get("line");
    const drawn = run ? `${name} ${run.id} ${run.steps.length} ${run.retracted.length}` : "";
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#run = run ?? null;
    this.#place.hidden = !run || run.steps.length < 2;
    if (!run || this.#place.hidden) return;
    const { steps } = run;
    const values = peaks(steps.length, (i) => this.#bits(steps[i]), WIDTH);
    const most = Math.max(TOP, ...values);
    const end = Math.max(1, values.length - 1);
    const points = values.map((value, x) => `L${((x * WIDTH) / end).toFixed(1)} ${(HEIGHT - (value / most) * (HEIGHT - 2)).toFixed(1)}`);
    this.#area.setAttribute("d", `M0 ${HEIGHT}${points.join("")}L${WIDTH} ${HEIGHT}Z`);
    if (run.status === "finished") this.#describe(steps, name);
  }

  /** @param {Step[]} steps @param {string} name */
  #describe(steps, name) {
    let [sum, highest] = [0, 0];
    for (const [i, step] of steps.entries()) {
      sum += this.#bits(step);
      if (this.#bits(step) > this.#bits(steps[highest])) highest = i;
    }
    const mean = significant(sum / steps.length);
    const peak = `${significant(this.#bits(steps[highest]))} bit at token ${highest + 1}`;
    this.#place.setAttribute("aria-label", `Line of ${name} over the answer: ${mean} bit a token, at most ${peak}`);
  }

  /** @param {Step | undefined} step */
  #bits(step) {
    return step && step.top.length ? (measure(step, this.display.get("line")) ?? 0) : 0;
  }

  /** @param {PointerEvent | MouseEvent} event */
  #under(event) {
    const count = this.#run?.steps.length ?? 0;
    const { left, width } = this.#place.getBoundingClientRect();
    if (!count || !width) return null;
    return Math.max(0, Math.min(count - 1, Math.round(((event.clientX - left) / width) * (count - 1))));
  }

  /** @param {number | null} i */
  #point(i) {
    const step = i === null ? undefined : this.#run?.steps[i];
    this.#cursor.setAttribute("visibility", step ? "visible" : "hidden");
    this.#value.textContent = step ? `token ${step.i + 1}: ${this.display.get("line")} ${significant(this.#bits(step))} bit` : "";
    if (!step || !this.#run) return;
    const x = String((step.i * WIDTH) / Math.max(1, this.#run.steps.length - 1));
    this.#cursor.setAttribute("x1", x);
    this.#cursor.setAttribute("x2", x);
  }

  /** @param {string} name */
  #part(name) {
    const found = this.#place.querySelector(name);
    if (!found) throw new Error(`The line over the answer has no ${name}.`);
    return found;
  }
}
