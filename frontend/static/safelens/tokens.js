/** @import { Step } from "./protocol.d.ts" */
/** @import { Fork, Line } from "./study.d.ts" */
/** @import { Store } from "./store.js" */
import { tint } from "./colour.js";
import { element } from "./element.js";
import { forkControl } from "./fork.js";
import { END } from "./visible.js";

/** What would reach beyond its token: stacks of marks, and characters that turn the text's direction. */
const UNRULY = /\p{M}{4}|[\u202a-\u202e\u2066-\u2069]/u;

/** One answer: a span a token, appended and never rebuilt; another branch keeps what it shares. */
export class Tokens {
  element = element("div", { class: "answer", dir: "auto" });
  /** @type {HTMLSpanElement[]} */ #spans = [];
  /** @type {Map<number, { fork: string, element: HTMLElement }>} */ #forks = new Map();
  #run = "";
  #retracted = 0;

  /** @param {Store} store */
  constructor(store) {
    this.store = store;
  }

  /** @param {Line} run */
  show(run) {
    if (run.id !== this.#run) this.#turnTo(run);
    const fresh = document.createDocumentFragment();
    const first = this.#spans.length;
    for (const step of run.steps.slice(first)) {
      const span = this.#span(step);
      this.#spans.push(span);
      fresh.append(span);
    }
    this.element.append(fresh);
    this.#placeForks(this.store.forks(run.id).filter((fork) => fork.at <= run.steps.length), first);
    if (run.status === "finished" && run.reason === "eos") this.#markEnd();
    if (run.retracted.length !== this.#retracted) this.#retract(run);
  }

  /** @param {Line} run */
  #turnTo(run) {
    const kept = this.#run ? this.store.shared(this.#run, run.id) : 0;
    for (const span of this.#spans.splice(kept)) span.remove();
    for (const [at, fork] of this.#forks) {
      if (at < kept) continue;
      fork.element.remove();
      this.#forks.delete(at);
    }
    this.#run = run.id;
    this.#retracted = 0;
    this.element.dataset["run"] = run.id;
  }

  /** @param {Step} step */
  #span(step) {
    const origin = step.origin === "sampled" ? "" : step.origin;
    const classes = ["token", tint(Math.exp(step.logprob)), origin, UNRULY.test(step.text) ? "unruly" : ""];
    const span = element("span", { class: classes.filter(Boolean).join(" "), "data-i": String(step.i) });
    span.textContent = step.text;
    return span;
  }

  /**
   * @param {Fork[]} forks
   * @param {number} first the first span that is new: what stands behind it stands in the right place
   */
  #placeForks(forks, first) {
    for (const fork of forks) {
      const key = `${fork.n} ${fork.runs.join(" ")}`;
      const placed = this.#forks.get(fork.at);
      if (placed?.fork === key && fork.at < first) continue;
      if (placed?.fork === key && placed.element.nextSibling === (this.#spans[fork.at] ?? null)) continue;
      const control = placed?.fork === key ? placed.element : forkControl(fork);
      if (placed && placed.element !== control) placed.element.replaceWith(control);
      this.element.insertBefore(control, this.#spans[fork.at] ?? null);
      this.#forks.set(fork.at, { fork: key, element: control });
    }
  }

  #markEnd() {
    const last = this.#spans.at(-1);
    if (!last || last.textContent) return;
    last.textContent = END;
    last.classList.add("end");
  }

  /** What the policy withdrew is no part of the text any more. @param {Line} run */
  #retract(run) {
    this.#retracted = run.retracted.length;
    for (const { from, to } of run.retracted) {
      for (const span of this.#spans.slice(from, to + 1)) {
        span.textContent = "";
        span.hidden = true;
      }
    }
  }
}
