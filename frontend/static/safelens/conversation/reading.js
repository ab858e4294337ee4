/** @import { Actions } from "../lens/actions.js" */
/** @import { Subject } from "../popover/facts.js" */
/** @import { Acts } from "../popover/popover.js" */
/** @import { Side } from "../lens/side.js" */
/** @import { Store } from "../study/store.js" */
/** @import { Passage } from "../study/study.d.ts" */
import { Chosen } from "../sampler/chosen.js";
import { Cursor } from "../tokens/cursor.js";
import { Display } from "../shading/display.js";
import { Legend } from "../shading/legend.js";
import { pieces } from "../tokens/pieces.js";
import { Popover } from "../popover/popover.js";
import { Shading } from "../shading/shading.js";
import { Sparkline } from "../shading/sparkline.js";
import { Transcript } from "./transcript.js";

/** All that a reader sees of the tokens, and what they do about one of them. */
export class Reading {
  #display = new Display();
  #shading = new Shading(this.#display);
  #legend = new Legend(this.#display, this.#shading);
  #sparkline = new Sparkline(this.#display, (run, i) => this.goTo(run, i));
  #chosen = new Chosen(this.#display, (subject, token) => this.#take(subject, token), (subject, settings) => {
    void this.actions.branch(subject.run, subject.step.i, { settings: { ...settings, seed: null } });
  });
  /** @type {Passage[]} */ #path = [];

  /** @param {Store} store @param {Actions} actions @param {Side} side */
  constructor(store, actions, side) {
    this.store = store;
    this.actions = actions;
    this.side = side;
    this.transcript = new Transcript(store, this.#shading);
    const { element } = this.transcript;
    this.popover = new Popover(element, (span) => this.look(span), this.#acts());
    this.cursor = new Cursor(element, (span) => this.popover.pin(span, true), (span) => this.#chosen.show(this.look(span)));
    this.#display.listeners.add((name) => {
      if (name === "line") this.#sparkline.show(this.#path.at(-1)?.run);
      else if (name !== "palette" && name !== "bars") this.#restyle();
    });
  }

  get shading() {
    return this.#shading;
  }

  /** @param {Passage[]} path */
  show(path) {
    this.#path = path;
    this.#shade();
    this.#sparkline.show(path.at(-1)?.run); // before the text is laid out to be followed: once a frame
    this.transcript.show(path, this.popover.isOpen);
    this.cursor.settle();
    this.popover.settle();
    this.#chosen.settle();
  }

  /** A token was clicked. @param {HTMLElement} span */
  choose(span) {
    this.cursor.move(span);
    this.popover.pin(span);
    this.#chosen.show(this.look(span));
  }

  /** To a token of a run that is shown. @param {string} run @param {number} i */
  goTo(run, i) {
    const span = this.transcript.tokenOf(run, i);
    if (!span) return;
    span.scrollIntoView({ block: "center" });
    this.choose(span);
    span.focus({ preventScroll: true });
  }

  close() {
    this.popover.close();
  }

  /** @param {HTMLElement} span @returns {Subject | null} */
  look(span) {
    const id = span.closest(".answer")?.getAttribute("data-run") ?? "";
    const run = this.store.runs.get(id);
    const i = Number(span.dataset["i"]);
    const step = run?.steps[i];
    if (!run || !step || step.id < 0) return null; // what was taken back has no numbers
    return {
      span,
      run: id,
      step,
      settings: this.store.runs.get(this.store.holder(id, i))?.settings ?? run.settings,
      changed: this.actions.changes.since(id),
      ended: span.classList.contains("end"),
      finished: run.status === "finished",
      pieces: pieces(run.steps, i),
      nudge: run.nudges.find(({ at, steps }) => at <= i && i < at + steps),
    };
  }

  /** @returns {Acts} */
  #acts() {
    return {
      take: (subject, token) => this.#take(subject, token),
      again: ({ run, step }) => void this.actions.branch(run, step.i),
      write: ({ run, step }, text) => void this.actions.branch(run, step.i, { text }),
      goOn: ({ run, step }) => void this.actions.goOn(run, step.i + 1),
      more: (subject) => {
        this.side.open();
        this.#chosen.show(subject);
        this.#chosen.focus();
      },
      piece: ({ run }, i) => this.goTo(run, i),
    };
  }

  /** @param {Subject} subject @param {number} token */
  #take(subject, token) {
    void this.actions.branch(subject.run, subject.step.i, { token });
  }

  /** By quantile the tints follow what has come. */
  #shade() {
    const count = this.#path.reduce((sum, { run }) => sum + run.steps.length, 0);
    const whole = this.#path.at(-1)?.run.status === "finished";
    if (!this.#shading.isStale(count, whole)) return;
    if (this.#shading.find(this.#path.map(({ run }) => run.steps))) this.#redraw();
  }

  #restyle() {
    this.#shading.find(this.#path.map(({ run }) => run.steps));
    this.#redraw();
  }

  #redraw() {
    this.#legend.show();
    this.transcript.restyle();
  }
}
