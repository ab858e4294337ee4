/** @import { Subject } from "../popover/facts.js" */
/** @import { ServerMessage } from "../stream/protocol.d.ts" */
/** @import { Line, Outline } from "../study/study.d.ts" */
import { Cursor } from "../tokens/cursor.js";
import { Display } from "../shading/display.js";
import { find } from "../page/find.js";
import { Legend } from "../shading/legend.js";
import { pieces } from "../tokens/pieces.js";
import { Popover } from "../popover/popover.js";
import { Replays } from "../replay/replays.js";
import { Shading } from "../shading/shading.js";
import { Store } from "../study/store.js";
import { Transcript } from "../conversation/transcript.js";

/**
 * Where a study that is only read comes from: a link's pages of JSON, or the file itself. Null after a failure
 * that it has told.
 *
 * @typedef {object} Source
 * @property {() => Promise<Outline | null>} outline
 * @property {(run: Line) => Promise<ServerMessage[] | null>} messages what follows the run's last step here
 */

/** The transcript with its numbers, its branches and its replays, and nothing to be done about it. */
export class ReadOnly {
  #store = new Store();
  #display = new Display();
  #shading = new Shading(this.#display);
  #legend = new Legend(this.#display, this.#shading);
  #transcript = new Transcript(this.#store, this.#shading);
  #popover = new Popover(this.#transcript.element, (span) => this.#look(span), null);
  #cursor = new Cursor(this.#transcript.element, (span) => this.#popover.pin(span, true), () => this.#popover.close());
  #replays = new Replays(this.#transcript.element, this.#store, this.#shading);
  /** @type {Set<string>} runs that are being read, or were */ #read = new Set();

  /** @param {Source} source @param {(sentence: string) => void} tell beside what is shown */
  constructor(source, tell) {
    this.source = source;
    this.tell = tell;
  }

  async start() {
    this.#transcript.element.addEventListener("click", (event) => this.#click(event));
    this.#display.listeners.add(() => this.#restyle());
    const outline = await this.source.outline();
    find("loading", HTMLElement).remove();
    if (!outline) return;
    this.#store.load(outline);
    this.#draw();
    if (!this.#store.path().length) this.tell("No answer is finished here yet.");
  }

  /** What is shown is read first; the rest when somebody goes there. */
  #draw() {
    const path = this.#store.path();
    this.#transcript.show(path, true); // reading begins at the top
    this.#cursor.settle();
    this.#popover.settle();
    this.#replays.settle();
    for (const { run } of path) {
      if (this.#read.has(run.id)) continue;
      this.#read.add(run.id);
      void this.#follow(run);
    }
  }

  /** @param {Line} run */
  async #follow(run) {
    for (let ended = false; !ended; ) {
      const before = run.steps.length;
      const messages = await this.source.messages(run);
      if (!messages) return;
      for (const message of messages) this.#store.take(message);
      ended = messages.some(({ type }) => type === "finished" || type === "gone") || run.steps.length === before;
      this.#shade(ended);
      this.#draw();
    }
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = event.target instanceof Element ? event.target : null;
    const show = target?.closest("[data-show]")?.getAttribute("data-show");
    const span = target?.closest(".token");
    if (show) {
      this.#popover.close();
      this.#store.show(show);
      this.#draw();
    } else if (span instanceof HTMLElement && !getSelection()?.toString()) {
      this.#cursor.move(span);
      this.#popover.pin(span);
    }
  }

  /** @param {HTMLElement} span @returns {Subject | null} */
  #look(span) {
    const id = span.closest(".answer")?.getAttribute("data-run") ?? "";
    const run = this.#store.runs.get(id);
    const i = Number(span.dataset["i"]);
    const step = run?.steps[i];
    if (!run || !step || step.id < 0) return null; // what was taken back has no numbers
    const nudge = run.nudges.find(({ at, steps }) => at <= i && i < at + steps);
    return {
      span, run: id, step, settings: run.settings, changed: {}, ended: span.classList.contains("end"),
      finished: true, pieces: pieces(run.steps, i), nudge,
    };
  }

  /** By quantile the tints follow what has come. @param {boolean} whole */
  #shade(whole) {
    const shown = this.#store.path().map(({ run }) => run.steps);
    const count = shown.reduce((sum, steps) => sum + steps.length, 0);
    if (this.#shading.isStale(count, whole) && this.#shading.find(shown)) this.#redraw();
  }

  #restyle() {
    this.#shading.find(this.#store.path().map(({ run }) => run.steps));
    this.#redraw();
  }

  #redraw() {
    this.#legend.show();
    this.#transcript.restyle();
  }
}
