/** @import { Subject } from "./facts.js" */
import { drawBars } from "../sampler/bars.js";
import { Editor } from "./editor.js";
import { writeFacts } from "./facts.js";
import { find } from "../page/find.js";
import { percent } from "../page/numbers.js";
import { other, rows } from "../sampler/rows.js";

const OPEN_AFTER = 200; // milliseconds of rest on a token
const CLOSE_AFTER = 100;
const GAP = 6; // pixels between the token and the popover
const NARROW = matchMedia("(max-width: 700px)");

/**
 * @typedef {object} Acts what a person can do about a token
 * @property {(subject: Subject, token: number) => void} take
 * @property {(subject: Subject) => void} again
 * @property {(subject: Subject, text: string) => void} write
 * @property {(subject: Subject) => void} goOn
 * @property {(subject: Subject) => void} more
 * @property {(subject: Subject, i: number) => void} piece another token of the same character
 */

/**
 * What is known about one token: one element, shown beside the token and never over it. Opens while the
 * pointer rests on a token, stays when clicked or opened by key; on a narrow screen it is a drawer.
 */
export class Popover {
  #box = find("popover", HTMLElement);
  #list = find("popover-bars", HTMLOListElement);
  #editor = new Editor((text) => this.#leave((subject) => this.acts?.write(subject, text)));
  #timer = 0;
  #pinned = false;
  /** @type {HTMLElement | null} what was given room below */ #room = null;
  /** @type {Subject | null} */ #subject = null;

  /**
   * @param {HTMLElement} transcript
   * @param {(span: HTMLElement) => Subject | null} look
   * @param {Acts | null} acts null: nothing can be done, only looked at
   */
  constructor(transcript, look, acts) {
    this.look = look;
    this.acts = acts;
    this.#box.classList.toggle("read-only", acts === null);
    if (!acts) find("popover-verb", HTMLElement).textContent = "Alternatives";
    transcript.addEventListener("pointerover", (event) => this.#over(event));
    transcript.addEventListener("pointerout", (event) => this.#out(event));
    this.#box.addEventListener("pointerenter", () => clearTimeout(this.#timer));
    this.#box.addEventListener("pointerleave", (event) => this.#out(event));
    this.#box.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("pointerdown", (event) => this.#outside(event));
    document.addEventListener("scroll", () => this.#place(), { capture: true, passive: true });
    addEventListener("resize", () => this.#place());
  }

  get isOpen() {
    return this.#subject !== null;
  }

  /**
   * Opens and stays; a second time on the same token closes.
   *
   * @param {HTMLElement} span
   * @param {boolean} byKey the focus goes into the popover
   */
  pin(span, byKey = false) {
    clearTimeout(this.#timer);
    if (this.#pinned && this.#subject?.span === span) {
      this.close();
      return;
    }
    this.#open(span);
    this.#pinned = this.isOpen;
    if (byKey) this.#list.querySelector("button")?.focus();
  }

  close() {
    clearTimeout(this.#timer);
    const inside = this.#box.contains(document.activeElement);
    const span = this.#subject?.span;
    this.#editor.close();
    span?.classList.remove("looked-at");
    this.#box.hidden = true;
    if (this.#room) this.#room.style.paddingBottom = "";
    this.#room = null;
    this.#pinned = false;
    this.#subject = null;
    if (inside) span?.focus();
  }

  /** @param {PointerEvent} event */
  #over(event) {
    const span = tokenOf(event);
    if (!span || this.#pinned || event.pointerType !== "mouse") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(span), this.isOpen ? 0 : OPEN_AFTER);
  }

  /** @param {PointerEvent} event */
  #out(event) {
    if (this.#pinned || event.pointerType !== "mouse") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), CLOSE_AFTER);
  }

  /** The page was drawn: whoever looks at a token that is gone, or whose answer has ended, is told. */
  settle() {
    const subject = this.#subject;
    if (!subject) return;
    if (!subject.span.isConnected || subject.span.hidden) this.close();
    else if (!subject.finished) {
      const now = this.look(subject.span);
      if (now?.finished) writeFacts((this.#subject = now));
    }
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const subject = this.#subject;
    if (!button || !subject) return;
    const { token, piece } = button.dataset;
    const acts = this.acts;
    if (button.id === "popover-close") this.close();
    else if (!acts) return;
    else if (button.id === "popover-again") this.#leave(acts.again);
    else if (button.id === "popover-go-on") this.#leave(acts.goOn);
    else if (button.id === "popover-more") this.#leave(acts.more);
    else if (button.id === "popover-edit") {
      this.#pinned = true;
      this.#editor.open(subject.pieces.at(-1)?.text ?? subject.step.text);
      this.#place();
    } else if (piece !== undefined) acts.piece(subject, Number(piece));
    else if (token !== undefined && button.getAttribute("aria-disabled") !== "true") {
      this.#leave(() => acts.take(subject, Number(token)));
    }
  }

  /** @param {(subject: Subject) => void} act */
  #leave(act) {
    const subject = this.#subject;
    this.close();
    if (subject) act(subject);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.isOpen) return;
    if (event.key === "Escape") {
      event.preventDefault();
      if (this.#editor.isOpen) this.#editor.close();
      else this.close();
      return;
    }
    const inside = document.activeElement;
    if (!(inside instanceof HTMLButtonElement) || !this.#box.contains(inside)) return;
    const buttons = [...this.#box.querySelectorAll("button")].filter((one) => one.offsetParent !== null);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    buttons[(buttons.indexOf(/** @type {any} */ (inside)) + step + buttons.length) % buttons.length]?.focus();
  }

  /** @param {PointerEvent} event */
  #outside(event) {
    if (!this.isOpen || !(event.target instanceof Element)) return;
    if (!this.#box.contains(event.target) && !event.target.closest(".token")) this.close();
  }

  /** @param {HTMLElement} span */
  #open(span) {
    const subject = span.isConnected ? this.look(span) : null;
    if (!subject) return;
    this.#subject?.span.classList.remove("looked-at");
    this.#subject = subject;
    span.classList.add("looked-at");
    this.#editor.close();
    this.#fill(subject);
    this.#box.hidden = false;
    this.#list.scrollTop = 0;
    if (NARROW.matches) this.#clear(span);
    this.#place();
  }

  /** @param {Subject} subject */
  #fill(subject) {
    writeFacts(subject);
    const found = rows(subject.step);
    drawBars(this.#list, found, { readOnly: this.acts === null });
    find("popover-other-drawn", HTMLElement).textContent = "cut";
    find("popover-other", HTMLElement).textContent = percent(other(found));
  }

  /** On a narrow screen the drawer would lie over a token that is low on the page: it is moved up. @param {HTMLElement} span */
  #clear(span) {
    const own = /** @type {HTMLElement | null} */ (span.closest(".scroll"));
    const below = span.getBoundingClientRect().bottom + GAP - this.#box.getBoundingClientRect().top;
    if (below <= 0) return;
    // At the text's end there is nothing left to scroll.
    this.#room = own ?? document.body;
    this.#room.style.paddingBottom = `${this.#box.offsetHeight}px`;
    (own ?? window).scrollBy(0, below);
  }

  #place() {
    const span = this.#subject?.span;
    if (!span || NARROW.matches) return;
    const token = span.getBoundingClientRect(); // all its lines
    const style = this.#box.style;
    const [above, below] = [token.top - 2 * GAP, innerHeight - token.bottom - 2 * GAP];
    style.maxHeight = `${Math.max(above, below)}px`;
    const { width, height } = this.#box.getBoundingClientRect();
    const top = height <= below || below >= above ? token.bottom + GAP : token.top - GAP - height;
    style.top = `${top}px`;
    const left = span.getClientRects()[0]?.left ?? token.left;
    style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  }
}

/** @param {Event} event */
function tokenOf(event) {
  return event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest(".token")) : null;
}
