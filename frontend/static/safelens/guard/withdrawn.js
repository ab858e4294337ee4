/** @import { Line, Passage } from "../study/study.d.ts" */
/** @import { Store } from "../study/store.js" */
import { send } from "../page/send.js";

/**
 * For a member of staff: the words that a guard took back from their own answers. What they saw being taken
 * back is there already; of an answer from before, the site is asked, which notes that they looked.
 */
export class Withdrawn {
  /** @type {Set<string>} runs that were asked about, or need not be */ #known = new Set();

  /** @param {Store} store @param {() => void} onChange @param {(sentence: string) => void} fail */
  constructor(store, onChange, fail) {
    this.store = store;
    this.onChange = onChange;
    this.fail = fail;
  }

  /** @param {Passage[]} path what is shown */
  settle(path) {
    if (!this.store.strikes) return;
    for (const { run } of path) {
      if (this.#known.has(run.id) || run.status !== "finished" || run.steps.length < run.total) continue;
      this.#known.add(run.id);
      if (run.steps.some(({ i, id }) => id < 0 && !run.struck.has(i))) void this.#ask(run);
    }
  }

  /** @param {Line} run */
  async #ask(run) {
    try {
      const { words } = await send(`/runs/${encodeURIComponent(run.id)}/withdrawn.json`, {});
      for (const [i, text] of Object.entries(words)) if (run.steps[Number(i)]?.id === -1) run.struck.set(Number(i), text);
      this.onChange();
    } catch (problem) {
      this.fail(problem instanceof Error ? problem.message : "");
    }
  }
}
