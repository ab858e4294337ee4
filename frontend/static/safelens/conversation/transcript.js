/** @import { Passage } from "../study/study.d.ts" */
/** @import { Shading } from "../shading/shading.js" */
/** @import { Store } from "../study/store.js" */
import { excerpt } from "./excerpt.js";
import { find } from "../page/find.js";
import { Turn } from "./turn.js";

const NEAR_END = 80; // pixels: whoever has the end in sight follows it

/** The conversation on the page: a turn an element, kept as long as it is shown; follows the text's end. */
export class Transcript {
  element = find("transcript", HTMLElement);
  #scroll = find("scroll", HTMLElement);
  /** @type {Map<string, Turn>} */ #turns = new Map();

  /** @param {Store} store @param {Shading} shading */
  constructor(store, shading) {
    this.store = store;
    this.shading = shading;
    this.element.addEventListener("copy", (event) => {
      const selection = getSelection();
      if (!selection?.rangeCount || selection.isCollapsed || !event.clipboardData) return;
      event.clipboardData.setData("text/plain", excerpt(selection.getRangeAt(0)));
      event.preventDefault();
    });
  }

  /** The display has changed. */
  restyle() {
    for (const turn of this.#turns.values()) turn.tokens.restyle();
  }

  /** @param {Passage[]} path @param {boolean} still the text must not move away under the reader */
  show(path, still) {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    const follows = scrollHeight - scrollTop - clientHeight < NEAR_END && !still;
    const shown = new Set(path.map(({ turn }) => turn.id));
    for (const [id, turn] of this.#turns) {
      if (shown.has(id)) continue;
      turn.element.remove();
      this.#turns.delete(id);
    }
    for (const passage of path) {
      const view = this.#turns.get(passage.turn.id) ?? new Turn(this.store, this.shading);
      this.#turns.set(passage.turn.id, view);
      if (!view.element.isConnected) this.element.append(view.element);
      view.show(passage);
    }
    if (follows) this.toEnd();
  }

  /** @param {string} run @param {number} i @returns {HTMLElement | null} */
  tokenOf(run, i) {
    return this.element.querySelector(`.answer[data-run="${CSS.escape(run)}"] .token[data-i="${i}"]`);
  }

  /** Scrolls to a token, or to the question before it (-1). @param {string} run @param {number} i @returns {boolean} whether it is there */
  reveal(run, i) {
    const answer = this.element.querySelector(`.answer[data-run="${CSS.escape(run)}"]`);
    const found = i < 0 ? answer?.closest(".turn")?.querySelector(".prompt") : this.tokenOf(run, i);
    found?.scrollIntoView({ block: "center" });
    return Boolean(found);
  }

  toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }
}
