import { element } from "../page/element.js";

const LONGEST = 192; // tokens: what the browser lays out anew when one more comes

/**
 * Keeps a long answer cheap while it grows: what stands on finished lines is closed off, so that the browser
 * lays out the last stretch alone. The lines stay as they are: a stretch begins where a line begins anyway.
 *
 * It holds for as long as the lines do, also when the answer is whole; whoever changes how they break joins the
 * stretches first.
 */
export class Stretches {
  /** @type {HTMLElement | null} */ #last = null;
  #count = 0;

  /** @param {HTMLElement} whole */
  constructor(whole) {
    this.whole = whole;
  }

  /** Where the next token goes. */
  get tail() {
    return this.#last ?? this.whole;
  }

  /**
   * So many tokens come next. The page must have been laid out since the last ones.
   *
   * @param {number} count
   * @param {HTMLElement[]} spans all that are there
   */
  grow(count, spans) {
    this.#count += count;
    if (this.#count < LONGEST || !this.whole.isConnected) return;
    const first = this.#lineStart(spans);
    if (first < 0) return;
    const stretch = element("span", { class: "stretch" });
    const begin = /** @type {HTMLElement} */ (spans[first]);
    if (begin.textContent?.startsWith(" ")) {
      begin.dataset["hung"] = ""; // its space, on the line before
      begin.textContent = begin.textContent.slice(1);
    }
    if (!this.#last) this.#wrap();
    const nodes = [...this.tail.childNodes];
    stretch.append(...nodes.slice(nodes.indexOf(begin)));
    this.whole.append(stretch);
    this.#last = stretch;
    this.#count = spans.length - first + count;
  }

  /** All that stands before the first stretch becomes one. */
  #wrap() {
    const stretch = element("span", { class: "stretch" });
    stretch.append(...this.whole.childNodes);
    this.whole.append(stretch);
    this.#last = stretch;
  }

  /** Tokens were taken from the end: so many are left. @param {number} count */
  shrink(count) {
    if (count === 0) this.join();
    for (const stretch of this.whole.querySelectorAll(".stretch")) if (!stretch.querySelector(".token")) stretch.remove();
    const left = /** @type {NodeListOf<HTMLElement>} */ (this.whole.querySelectorAll(".stretch"));
    this.#last = left[left.length - 1] ?? null;
    this.#count = this.tail.querySelectorAll(".token").length;
  }

  join() {
    if (!this.#last) return;
    for (const stretch of this.whole.querySelectorAll(".stretch")) stretch.replaceWith(...stretch.childNodes);
    for (const span of /** @type {NodeListOf<HTMLElement>} */ (this.whole.querySelectorAll("[data-hung]"))) {
      span.prepend(" ");
      span.normalize();
      delete span.dataset["hung"];
    }
    this.#last = null;
    this.#count = 0;
  }

  /**
   * The first token of the last line, where that is a plain word in the last stretch; -1 where it isn't.
   *
   * @param {HTMLElement[]} spans
   */
  #lineStart(spans) {
    const bottom = spans.at(-1)?.getClientRects();
    const line = bottom?.[bottom.length - 1];
    if (!line) return -1;
    for (let i = spans.length - 1; i > 0 && spans.length - i < LONGEST / 2; i--) {
      const span = /** @type {HTMLElement} */ (spans[i]);
      const boxes = span.getClientRects();
      const box = boxes[boxes.length - 1];
      if (!box || span.parentElement !== this.tail) return -1;
      const before = spans[i - 1]?.getClientRects();
      const end = before?.[before.length - 1];
      if (!end || end.bottom > box.top + box.height / 2) continue;
      // Its only text on the line before may be the space that hangs there.
      const isWord = /^ ?\S+$/u.test(span.textContent ?? "") && span.previousSibling === spans[i - 1];
      return isWord && boxes.length <= 2 && /\S$/u.test(spans[i - 1]?.textContent ?? "") ? i : -1;
    }
    return -1;
  }
}
