/** @import { Display } from "../shading/display.js" */
/** @import { Subject } from "../popover/facts.js" */
/** @import { Sampler } from "./sampler.js" */
import { drawBars } from "./bars.js";
import { element } from "../page/element.js";
import { find } from "../page/find.js";
import { percent } from "../page/numbers.js";
import { other, rows } from "./rows.js";
import { distribution } from "./sampler.js";
import { Sliders } from "./sliders.js";
import { word } from "../tokens/word.js";

/**
 * The chosen token in the side panel: its alternatives as bars, and sliders that show what would have been
 * drawn from under other settings, at once and without asking anybody.
 */
export class Chosen {
  #place = find("chosen", HTMLElement);
  #word = element("bdi");
  #list = element("ol", { class: "bars", "aria-label": "Alternatives of the chosen token" });
  #drawn = element("span", { class: "number" });
  #own = element("span", { class: "number" });
  #note = element("p", { class: "second", role: "status" });
  #largest = element("input", { type: "checkbox", id: "bars-largest" });
  #again = element("button", { type: "button", class: "quiet small" }, "Sample again with these");
  #sliders = new Sliders(() => this.#draw());
  /** @type {Subject | null} */ #subject = null;

  /**
   * @param {Display} display
   * @param {(subject: Subject, token: number) => void} onTake
   * @param {(subject: Subject, settings: Sampler) => void} onAgain
   */
  constructor(display, onTake, onAgain) {
    this.display = display;
    this.#largest.checked = display.get("bars") === "largest";
    this.#largest.addEventListener("change", () => {
      display.set("bars", this.#largest.checked ? "largest" : "whole");
      this.#draw();
    });
    this.#again.addEventListener("click", () => {
      if (this.#subject) onAgain(this.#subject, this.#sliders.values);
    });
    this.#list.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      const token = button?.getAttribute("aria-disabled") === "true" ? undefined : button?.dataset["token"];
      if (this.#subject && token !== undefined) onTake(this.#subject, Number(token));
    });
  }

  /** @param {Subject | null} subject */
  show(subject) {
    if (!subject) {
      this.#place.replaceChildren();
      this.#subject = null;
      return;
    }
    if (!this.#subject) this.#build();
    const same = this.#subject?.run === subject.run && this.#subject.step.i === subject.step.i;
    this.#subject = subject;
    this.#word.textContent = word(subject.step, subject.ended);
    if (!same) this.#sliders.start(subject.settings);
    this.#draw();
  }

  /** The token may have left the page. */
  settle() {
    const span = this.#subject?.span;
    if (span && (!span.isConnected || span.hidden)) this.show(null);
  }

  focus() {
    this.#sliders.focus();
  }

  #build() {
    const columns = [element("span", {}, "Take instead"), element("span", {}, "drawn from"), element("span", {}, "model’s own")];
    this.#place.replaceChildren(
      element("h2", {}, "Token ", this.#word),
      this.#sliders.element,
      element(
        "div",
        { class: "chosen-foot" },
        element("label", { class: "check", for: "bars-largest" }, this.#largest, " Longest bar fills the width"),
        element("span", { class: "chosen-acts" }, this.#again, this.#sliders.back),
      ),
      this.#note,
      element("div", { class: "bars-head second", "aria-hidden": "true" }, ...columns),
      this.#list,
      element("p", { class: "other second" }, element("span", {}, "Other, not in the list"), this.#drawn, this.#own),
    );
  }

  #draw() {
    const subject = this.#subject;
    if (!subject) return;
    const { step } = subject;
    const moved = this.#sliders.moved;
    const values = this.#sliders.values;
    const shares = distribution(step.top.map(([, , logprob]) => logprob), values);
    const found = rows(step, moved ? shares : undefined);
    const isUnknown = moved && values.temperature > 0 && values.k > step.top.length;
    const end = this.#largest.checked ? Math.max(...found.flatMap(({ own, p }) => [own, p]), Number.EPSILON) : 1;
    drawBars(this.#list, found, { end, atMost: isUnknown });
    this.#drawn.textContent = isUnknown ? "unknown" : "cut";
    this.#own.textContent = percent(other(found));
    const sentence = isUnknown
      ? `Outside the list of ${step.top.length}: unknown. The shares are upper bounds.`
      : "";
    if (this.#note.textContent !== sentence) this.#note.textContent = sentence;
    this.#again.hidden = !moved;
  }
}
