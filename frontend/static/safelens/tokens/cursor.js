import { visible } from "./visible.js";

/**
 * The one tab stop of all tokens: arrows move it, by tokens and by lines, Home and End go to an answer's ends,
 * brackets to the tokens under 50 %, Enter opens.
 */
export class Cursor {
  /** @type {HTMLElement | null} */ #at = null;

  /**
   * @param {HTMLElement} transcript
   * @param {(span: HTMLElement) => void} onOpen
   * @param {(span: HTMLElement) => void} onMove a key has moved it
   */
  constructor(transcript, onOpen, onMove) {
    this.transcript = transcript;
    this.onOpen = onOpen;
    this.onMove = onMove;
    transcript.addEventListener("keydown", (event) => this.#key(event));
  }

  /** There is always a token to come to, as long as there are any. */
  settle() {
    if (this.#at?.isConnected) return;
    const first = this.transcript.querySelector(".turn:last-of-type .token") ?? this.transcript.querySelector(".token");
    if (first instanceof HTMLElement) this.move(first);
  }

  /** @param {HTMLElement} span */
  move(span) {
    if (this.#at) for (const name of ["tabindex", "role", "aria-haspopup", "aria-label"]) this.#at.removeAttribute(name);
    if (this.#at?.classList.contains("retracted")) this.#at.setAttribute("role", "deletion");
    this.#at = span;
    span.tabIndex = 0;
    // A button for whoever comes by key; the other tokens stay plain text for those who read.
    span.setAttribute("role", "button");
    span.setAttribute("aria-haspopup", "dialog");
    const text = span.textContent ?? "";
    if (!text.trim()) span.setAttribute("aria-label", visible(text) || "A part of a character");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const here = this.#at;
    if (!here || event.target !== here || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.onOpen(here);
      return;
    }
    const next = this.#next(here, event.key);
    if (next === undefined) return;
    event.preventDefault();
    if (!next) return;
    this.move(next);
    next.focus();
    this.onMove(next);
  }

  /**
   * @param {HTMLElement} here
   * @param {string} key
   * @returns {HTMLElement | null | undefined} null: there is none; undefined: not one of our keys
   */
  #next(here, key) {
    const wanted = { ArrowUp: "", ArrowDown: "", ArrowRight: "", ArrowLeft: "", Home: "", End: "", "]": ".low", "[": ".low" }[key];
    if (wanted === undefined) return undefined;
    const within = key === "Home" || key === "End" ? here.closest(".answer") : this.transcript;
    const tokens = /** @type {HTMLElement[]} */ ([...(within ?? this.transcript).querySelectorAll(".token:not([hidden])")]);
    if (key === "Home") return tokens[0] ?? null;
    if (key === "End") return tokens.at(-1) ?? null;
    const at = tokens.indexOf(here);
    const isOn = key === "ArrowRight" || key === "]" || key === "ArrowDown";
    const others = isOn ? tokens.slice(at + 1) : tokens.slice(0, at).reverse();
    if (key === "ArrowDown" || key === "ArrowUp") return onNextLine(here, others);
    return others.find((span) => !wanted || span.matches(wanted)) ?? null;
  }
}

/**
 * Of the tokens on the line next to this one's, the one that stands nearest above or below it.
 *
 * @param {HTMLElement} here
 * @param {HTMLElement[]} others from here on, in one direction
 */
function onNextLine(here, others) {
  const own = here.getBoundingClientRect();
  const middle = own.left + own.width / 2;
  /** @type {{ span: HTMLElement, box: DOMRect, away: number } | null} */
  let best = null;
  for (const span of others) {
    const box = span.getBoundingClientRect();
    const line = best?.box ?? own;
    const isOff = box.top >= line.bottom - 1 || box.bottom <= line.top + 1;
    if (best ? isOff : !isOff) {
      if (best) break;
      continue;
    }
    const away = Math.abs(box.left + box.width / 2 - middle);
    if (!best || away < best.away) best = { span, box, away };
  }
  return best?.span ?? null;
}
