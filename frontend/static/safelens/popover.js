/** @import { Settings, Step } from "./protocol.d.ts" */
import { drawBars } from "./bars.js";
import { find } from "./find.js";
import { percent, significant } from "./numbers.js";
import { END, visible } from "./visible.js";

const OPEN_AFTER = 200; // milliseconds of rest on a token
const CLOSE_AFTER = 100;
const GAP = 6; // pixels between the token and the popover

/** @typedef {{ span: HTMLElement, step: Step, settings: Partial<Settings>, ended: boolean }} Subject */

/**
 * What is known about one token: one element, shown beside the token and never over it. Opens while the
 * pointer rests on a token, stays when clicked or opened by key; on a narrow screen it is a drawer.
 */
export class Popover {
  #box = find("popover", HTMLElement);
  #list = find("popover-bars", HTMLOListElement);
  #timer = 0;
  #pinned = false;
  /** @type {Subject | null} */ #subject = null;

  /**
   * @param {HTMLElement} transcript
   * @param {(span: HTMLElement) => Subject | null} look
   * @param {(subject: Subject, token: number | null) => void} onTake another token instead; null: draw again
   */
  constructor(transcript, look, onTake) {
    this.look = look;
    this.onTake = onTake;
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
    span?.classList.remove("looked-at");
    this.#box.hidden = true;
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

  /** @param {MouseEvent} event */
  #click(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const subject = this.#subject;
    if (!button || !subject) return;
    if (button.id === "popover-close") this.close();
    else if (button.id === "popover-again") this.#choose(subject, null);
    else if (button.dataset["token"] !== undefined && button.getAttribute("aria-disabled") !== "true") {
      this.#choose(subject, Number(button.dataset["token"]));
    }
  }

  /** @param {Subject} subject @param {number | null} token */
  #choose(subject, token) {
    this.close();
    this.onTake(subject, token);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.isOpen) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
      return;
    }
    const inside = document.activeElement;
    if (!(inside instanceof HTMLElement) || !this.#box.contains(inside)) return;
    const buttons = [...this.#box.querySelectorAll("button")];
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
    this.#fill(subject);
    this.#box.hidden = false;
    this.#list.scrollTop = 0;
    if (matchMedia("(max-width: 700px)").matches) this.#clear(span);
    this.#place();
  }

  /** @param {Subject} subject */
  #fill({ step, settings, ended }) {
    const named = step.top.find(([id]) => id === step.id)?.[1];
    const shown = step.text ? visible(step.text) : ended ? END : visible(named ?? "");
    const other = 1 - step.top.reduce((sum, [, , logprob]) => sum + Math.exp(logprob), 0);
    const facts = {
      word: shown,
      id: `token ${step.id}`,
      drawn: step.p === 0 ? "was cut" : percent(step.p),
      own: percent(Math.exp(step.logprob)),
      logprob: `${significant(step.logprob)} nat`,
      rank: step.rank === 0 ? "1, the favourite" : String(step.rank + 1),
      entropy: `${significant(step.entropy)} bit`,
      picked: picked(step, settings),
      sampler: sampler(settings),
      other: percent(Math.max(0, other)),
    };
    for (const [name, text] of Object.entries(facts)) find(`popover-${name}`, HTMLElement).textContent = text;
    this.#box.setAttribute("aria-label", `Token ${shown}`);
    drawBars(this.#list, step);
  }

  /** On a narrow screen the drawer would lie over a token that is low on the page: it is moved up. @param {HTMLElement} span */
  #clear(span) {
    const below = span.getBoundingClientRect().bottom + GAP - this.#box.getBoundingClientRect().top;
    if (below > 0) span.closest(".scroll")?.scrollBy(0, below);
  }

  #place() {
    const span = this.#subject?.span;
    if (!span || matchMedia("(max-width: 700px)").matches) return;
    const token = span.getClientRects()[0] ?? span.getBoundingClientRect();
    const style = this.#box.style;
    const [above, below] = [token.top - 2 * GAP, innerHeight - token.bottom - 2 * GAP];
    style.maxHeight = `${Math.max(above, below)}px`;
    const { width, height } = this.#box.getBoundingClientRect();
    const top = height <= below || below >= above ? token.bottom + GAP : token.top - GAP - height;
    style.top = `${top}px`;
    style.left = `${Math.max(8, Math.min(token.left, innerWidth - width - 8))}px`;
  }
}

/** @param {Event} event */
function tokenOf(event) {
  return event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest(".token")) : null;
}

/** @param {Step} step @param {Partial<Settings>} settings */
function picked(step, settings) {
  switch (step.origin) {
    case "edit":
      return "put here by you";
    case "prefix":
      return "given as the start of the answer";
    case "given":
      return "part of the text that was read";
    case "nudge":
      return "put here by the guard";
    default:
      return settings.temperature === 0 ? "the most probable one, by temperature 0" : "drawn by chance";
  }
}

/** @param {Partial<Settings>} settings */
function sampler({ temperature, k, top_p, min_p }) {
  return `temperature ${temperature}, top-k ${k}, top-p ${top_p}, min-p ${min_p}`;
}
