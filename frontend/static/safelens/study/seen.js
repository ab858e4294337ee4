/** @import { Passage } from "./study.d.ts" */
/** @import { StudyRequests } from "./requests.js" */

const GATHER = 1000; // milliseconds in which what was read is told at once

/** Tells the site which finished answers have stood before a reader; the others get a dot in the tree. */
export class Seen {
  /** @type {Set<string>} */ #waiting = new Set();
  #timer = 0;

  /** @param {StudyRequests} requests */
  constructor(requests) {
    this.requests = requests;
  }

  /** @param {Passage[]} path what is shown */
  note(path) {
    if (document.visibilityState !== "visible") return;
    for (const { run } of path) {
      if (run.seen || run.status !== "finished" || run.steps.length < run.total) continue;
      run.seen = true;
      this.#waiting.add(run.id);
    }
    if (this.#waiting.size) this.#timer ||= setTimeout(() => void this.#tell(), GATHER);
  }

  async #tell() {
    this.#timer = 0;
    const runs = [...this.#waiting];
    this.#waiting.clear();
    // A dot that stays because the site was away is no harm: the next look takes it off.
    await this.requests.seen(runs).catch(() => null);
  }
}
