/** @import { Line, Passage } from "./study.d.ts" */

const MOST = 1536; // steps, a few hundred bytes for each of their alternatives

/**
 * Which runs' steps the page holds. Those that are shown or needed stay; of the others the ones shown last, up
 * to a number of steps, so that a long day on one page doesn't fill the browser's memory. What was let go
 * comes again from the server when it is shown.
 */
export class Holding {
  /** @type {Set<string>} runs that somebody reads though they aren't shown: whoever adds one takes it out again */ needed = new Set();
  /** @type {Set<Line>} the one shown last at the end */ #seen = new Set();
  #settled = "";

  /** @param {Passage[]} path what is shown now */
  settle(path) {
    const settled = path.map(({ run }) => `${run.id} ${run.status}`).join();
    if (settled === this.#settled) return;
    this.#settled = settled;
    const shown = new Set(path.map(({ run }) => run));
    for (const run of shown) {
      this.#seen.delete(run);
      this.#seen.add(run);
    }
    let held = 0;
    for (const run of [...this.#seen].reverse()) {
      if (shown.has(run) || this.needed.has(run.id)) continue;
      // Steps before `at` are the parent's own.
      held += run.steps.length - (run.at ?? 0);
      if (held <= MOST || run.status !== "finished") continue;
      run.steps = [];
      this.#seen.delete(run);
    }
  }
}
