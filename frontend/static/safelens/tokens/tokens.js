/** @import { Step } from "../stream/protocol.d.ts" */
/** @import { Fork, Line } from "../study/study.d.ts" */
/** @import { Shading } from "../shading/shading.js" */
/** @import { Store } from "../study/store.js" */
import { element } from "../page/element.js";
import { forkControl } from "./fork.js";
import { significant } from "../page/numbers.js";
import { spaced } from "./spaced.js";
import { Stretches } from "./stretches.js";
import { END } from "./visible.js";

/** What would reach beyond its token: stacks of marks, and characters that turn the text's direction. */
const UNRULY = /\p{M}{4}|[\u202a-\u202e\u2066-\u2069]/u;

/**
 * One answer: a span a token, appended and never rebuilt; another branch keeps what it shares. What the guard
 * put in stands in a block of its own.
 */
export class Tokens {
  element = element("div", { class: "answer", dir: "auto" });
  /** @type {HTMLSpanElement[]} */ #spans = [];
  /** @type {Map<number, { fork: string, element: HTMLElement }>} */ #forks = new Map();
  /** @type {Line | null} */ #run = null;
  #retracted = 0;
  #struck = 0;
  #nudges = 0;
  #stretches = new Stretches(this.element);
  #width = 0;
  #spaced = false;

  /** @param {Pick<Store, "forks" | "shared">} store @param {Shading} shading */
  constructor(store, shading) {
    this.store = store;
    this.shading = shading;
    this.#spaced = shading.whitespace;
    new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0;
      if (width !== this.#width) this.#stretches.join();
      this.#width = width;
    }).observe(this.element);
  }

  /** @param {Line} run */
  show(run) {
    if (run.id !== this.#run?.id) this.#turnTo(run);
    const first = this.#spans.length;
    if (run.steps.length > first) this.#append(run, first);
    this.#placeForks(this.store.forks(run.id).filter((fork) => fork.at <= run.steps.length), first);
    if (run.status === "finished" && run.reason === "eos") this.#markEnd();
    if (run.nudges.length !== this.#nudges) this.#tellNudges(run);
    if (run.retracted.length !== this.#retracted || run.struck.size !== this.#struck) this.#retract(run);
  }

  /** The display has changed: every token anew, but for its element. */
  restyle() {
    const steps = this.#run?.steps ?? [];
    const isRewritten = this.#spaced !== this.shading.whitespace;
    this.#spaced = this.shading.whitespace;
    if (isRewritten) this.#stretches.join();
    for (const [i, span] of this.#spans.entries()) {
      const step = steps[i];
      if (!step) continue;
      const kept = [...span.classList].filter((name) => ["looked-at", "end", "retracted"].includes(name));
      span.className = this.#classes(step, kept);
      if (!isRewritten || span.hidden || kept.includes("end")) continue;
      const struck = this.#run?.struck.get(i);
      span.textContent = struck === undefined ? this.#text(step, isFirst(span)) : this.#struckText(struck);
    }
  }

  /** @param {Line} run @param {number} first */
  #append(run, first) {
    const fresh = document.createDocumentFragment();
    if (!this.shading.whitespace) this.#stretches.grow(run.steps.length - first, this.#spans);
    const last = this.#spans.at(-1)?.parentElement;
    let block = last?.classList.contains("nudge-block") ? last : null;
    for (let i = first; i < run.steps.length; i++) {
      const step = /** @type {Step} */ (run.steps[i]);
      const span = element("span", { class: this.#classes(step), "data-i": String(step.i) });
      this.#spans.push(span);
      span.hidden = step.id < 0; // withdrawn before we came
      if (step.origin !== "nudge") block = null;
      else if (!block || run.nudges.some((nudge) => nudge.at === step.i)) {
        block = element("span", { class: "nudge-block", role: "group", "data-at": String(step.i) });
        fresh.append(block);
        this.#nudges = -1;
      }
      (block ?? fresh).append(span);
      span.textContent = this.#text(step, isFirst(span));
    }
    this.#stretches.tail.append(fresh);
  }

  /** @param {Line} run */
  #turnTo(run) {
    const kept = this.#run ? this.store.shared(this.#run.id, run.id) : 0;
    for (const span of this.#spans.splice(kept)) {
      const parent = span.parentElement;
      span.remove();
      if (parent !== this.element && !parent?.querySelector(".token")) parent?.remove();
    }
    this.#stretches.shrink(this.#spans.length);
    for (const [at, fork] of this.#forks) {
      if (at < kept) continue;
      fork.element.remove();
      this.#forks.delete(at);
    }
    this.#run = run;
    this.#retracted = 0;
    this.#struck = 0;
    this.#nudges = 0;
    this.element.dataset["run"] = run.id;
  }

  /** @param {Step} step @param {string[]} [more] */
  #classes(step, more = []) {
    const origin = step.origin === "sampled" ? "" : step.origin;
    const unruly = UNRULY.test(this.#run?.struck.get(step.i) ?? step.text) ? "unruly" : "";
    const shade = step.id < 0 ? "" : this.shading.classes(step);
    return ["token", shade, origin, unruly, ...more].filter(Boolean).join(" ");
  }

  /** @param {Step} step @param {boolean} first of a block, which begins a line by itself */
  #text(step, first) {
    if (this.shading.whitespace) return spaced(step.text);
    return first ? step.text.replace(/^\s*\n/, "") : step.text;
  }

  /**
   * @param {Fork[]} forks
   * @param {number} first the first span that is new: what stands behind it stands in the right place
   */
  #placeForks(forks, first) {
    for (const fork of forks) {
      const key = `${fork.n} ${fork.runs.join(" ")}`;
      const placed = this.#forks.get(fork.at);
      const span = this.#spans[fork.at] ?? null;
      if (placed?.fork === key && fork.at < first) continue;
      if (placed?.fork === key && placed.element.nextSibling === span) continue;
      if (fork.at < first) this.#stretches.join();
      const control = placed?.fork === key ? placed.element : forkControl(fork);
      if (placed && placed.element !== control) placed.element.replaceWith(control);
      if (span) span.before(control);
      else this.#stretches.tail.append(control);
      this.#forks.set(fork.at, { fork: key, element: control });
    }
  }

  #markEnd() {
    const last = this.#spans.at(-1);
    if (!last || last.textContent) return;
    last.textContent = END;
    last.classList.add("end");
  }

  /** Each block says whose words it holds. @param {Line} run */
  #tellNudges(run) {
    this.#nudges = run.nudges.length;
    for (const block of this.element.querySelectorAll(".nudge-block")) {
      const nudge = run.nudges.find(({ at }) => at === Number(block.getAttribute("data-at")));
      const line = nudge ? `guard · ${significant(nudge.score)} ≥ ${significant(nudge.tau)}` : "guard";
      block.setAttribute("data-label", line);
      const crossed = nudge ? `: score ${significant(nudge.score)}, threshold ${significant(nudge.tau)}` : "";
      block.setAttribute("aria-label", `Put here by the guard${crossed}`);
    }
  }

  /** What the policy withdrew is no part of the text any more; staff see it struck out. @param {Line} run */
  #retract(run) {
    [this.#retracted, this.#struck] = [run.retracted.length, run.struck.size];
    this.#stretches.join();
    for (const { from, to } of run.retracted) {
      for (const span of this.#spans.slice(from, to + 1)) {
        span.textContent = "";
        span.hidden = true;
      }
    }
    for (const [i, text] of run.struck) {
      const [span, step] = [this.#spans[i], run.steps[i]];
      if (!span || !step) continue;
      span.hidden = false;
      span.className = this.#classes(step, ["retracted"]);
      span.setAttribute("role", "deletion");
      span.title = "Taken back by the guard: members of staff see it";
      span.textContent = this.#struckText(text);
    }
  }

  /** @param {string} text */
  #struckText(text) {
    return this.shading.whitespace ? spaced(text) : text;
  }
}

/** Of a block of the guard's words. @param {HTMLElement} span */
function isFirst(span) {
  return span.previousSibling === null && span.parentElement?.classList.contains("nudge-block") === true;
}
