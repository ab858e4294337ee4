/** @import { Subject } from "../popover/facts.js" */
import { Cursor } from "../tokens/cursor.js";
import { Display } from "../shading/display.js";
import { find } from "../page/find.js";
import { Legend } from "../shading/legend.js";
import { ModelState } from "./model_state.js";
import { pieces } from "../tokens/pieces.js";
import { Popover } from "../popover/popover.js";
import { Replay } from "../replay/replay.js";
import { Shading } from "../shading/shading.js";

/** The first page: a recorded run plays by itself, and each of its tokens can be looked at. */
class FirstPage {
  #place = find("recorded", HTMLElement);
  #recording = JSON.parse(find("recording", HTMLElement).textContent ?? "");
  #display = new Display();
  #shading = new Shading(this.#display);
  #legend = new Legend(this.#display, this.#shading);
  #replay = new Replay(this.#recording, this.#shading);
  #popover = new Popover(this.#place, (span) => this.#look(span), null);
  #cursor = new Cursor(this.#place, (span) => this.#popover.pin(span, true), () => this.#popover.close());

  start() {
    this.#place.replaceChildren(this.#replay.element);
    this.#place.addEventListener("click", (event) => this.#click(event));
    this.#display.listeners.add(() => this.#restyle());
    const show = this.#replay.player.onChange;
    this.#replay.player.onChange = () => {
      show();
      this.#cursor.settle();
      this.#popover.settle();
    };
    this.#restyle();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.#replay.player.seek(this.#replay.player.last);
    else this.#replay.player.play();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const span = event.target instanceof Element ? event.target.closest(".token") : null;
    if (!(span instanceof HTMLElement) || getSelection()?.toString()) return;
    this.#cursor.move(span);
    this.#popover.pin(span);
  }

  /** @param {HTMLElement} span @returns {Subject | null} */
  #look(span) {
    const { steps, settings } = this.#recording;
    const i = Number(span.dataset["i"]);
    const step = steps[i];
    if (!step) return null;
    return {
      span, run: "", step, settings, changed: {}, ended: span.classList.contains("end"), finished: true,
      pieces: pieces(steps, i), nudge: undefined,
    };
  }

  #restyle() {
    this.#shading.find([this.#recording.steps]);
    this.#legend.show();
    this.#replay.restyle();
  }
}

new FirstPage().start();
new ModelState().start();
