/** @import { Shading } from "../shading/shading.js" */
/** @import { Store } from "../study/store.js" */
import { element } from "../page/element.js";
import { Replay } from "./replay.js";

/** Plays a saved answer in its own place: it stands where the answer stood until it is closed. */
export class Replays {
  /** @type {{ replay: Replay, run: string, answer: HTMLElement, box: HTMLElement } | null} */ #open = null;

  /**
   * @param {HTMLElement} transcript whose buttons with `data-replay` name the runs
   * @param {Store} store
   * @param {Shading} shading
   */
  constructor(transcript, store, shading) {
    this.store = store;
    this.shading = shading;
    transcript.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-replay]") : null;
      const turn = button?.closest(".turn");
      if (turn) this.#begin(button?.getAttribute("data-replay") ?? "", turn);
    });
    shading.display.listeners.add(() => this.#open?.replay.restyle());
  }

  /** What it stands in for may be gone. */
  settle() {
    const open = this.#open;
    if (open && (!open.answer.isConnected || open.answer.dataset["run"] !== open.run)) this.close();
  }

  close() {
    if (!this.#open) return;
    const { replay, answer, box } = this.#open;
    const hadFocus = box.contains(document.activeElement);
    replay.player.pause();
    box.remove();
    answer.hidden = false;
    this.#open = null;
    const again = answer.closest(".turn")?.querySelector("[data-replay]");
    if (hadFocus && again instanceof HTMLElement) again.focus();
  }

  /** @param {string} id @param {Element} turn */
  #begin(id, turn) {
    this.close();
    const run = this.store.runs.get(id);
    const answer = turn.querySelector(".answer");
    if (!run?.steps.length || !(answer instanceof HTMLElement)) return;
    const { at, steps, nudges, retracted, reason } = run;
    const replay = new Replay({ at, steps, nudges, retracted, reason }, this.shading);
    const close = element("button", { type: "button", class: "link" }, "Close the replay");
    close.addEventListener("click", () => this.close());
    const box = element("div", { class: "replay-box" }, replay.element, close);
    // Its tokens are no tokens of the study: nothing is done about them.
    box.addEventListener("click", (event) => event.stopPropagation());
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    answer.hidden = true;
    answer.after(box);
    this.#open = { replay, run: id, answer, box };
    replay.focus();
    replay.player.play();
  }
}
