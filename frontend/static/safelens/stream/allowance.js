/** @typedef {{ limit: number, remaining: number, resets?: string }} Limit */

const FEW = 10; // runs left, from which on it is said

/**
 * What a person may still do this hour, as a sentence; empty as long as there is plenty. The server says how
 * much when a connection opens; what is begun here since is counted here.
 */
export class Allowance {
  /** @type {Limit | null} */ #runs = null;
  #begun = 0;

  /** @param {Record<string, unknown>} limits of `hello` */
  set(limits) {
    const runs = limits["runs_per_hour"];
    this.#runs = isLimit(runs) ? runs : null;
    this.#begun = 0;
  }

  /** One run more has begun. */
  spend() {
    this.#begun += 1;
  }

  /** @param {Date} now */
  sentence(now) {
    const runs = this.#runs;
    if (!runs) return "";
    const resets = new Date(runs.resets ?? "");
    // The hour's first runs no longer count: the server knows how many.
    if (resets <= now) return "";
    const left = Math.max(0, runs.remaining - this.#begun);
    if (left > FEW || left > runs.limit / 2) return "";
    const more = Number.isNaN(resets.getTime()) ? "" : `, more at ${clock(resets)}`;
    return left === 0 ? `No runs left${more}.` : `${left} ${left === 1 ? "run" : "runs"} left${more}.`;
  }
}

/** @param {Date} moment */
function clock(moment) {
  return `${String(moment.getHours()).padStart(2, "0")}:${String(moment.getMinutes()).padStart(2, "0")}`;
}

/** @param {unknown} value @returns {value is Limit} */
function isLimit(value) {
  const limit = /** @type {Partial<Limit> | null} */ (value);
  return typeof limit?.limit === "number" && typeof limit.remaining === "number";
}
