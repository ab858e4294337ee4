/** @import { Given } from "../stream/protocol.d.ts" */

/** What a person has changed in the settings since a run began; of a run of before, since the page was opened. */
export class Changes {
  /** @type {Map<string, Given>} */ #begun = new Map();
  /** @type {Given} */ #opened;

  /** @param {() => Given | null} read the settings as they stand; null while one of them is wrong */
  constructor(read) {
    this.read = read;
    this.#opened = read() ?? {};
  }

  /** @param {string} run */
  begin(run) {
    this.#begun.set(run, this.read() ?? {});
  }

  /**
   * How an answer starts is its own, whatever the panel says: the prefix is never among these.
   *
   * @param {string} run
   * @returns {Given}
   */
  since(run) {
    const before = this.#begun.get(run) ?? this.#opened;
    /** @type {Record<string, unknown>} */
    const found = {};
    const now = this.read();
    if (!now) return {};
    for (const [name, value] of Object.entries({ ...cleared(before, now), ...now })) {
      if (name !== "prefix" && value !== /** @type {Record<string, unknown>} */ (before)[name]) found[name] = value;
    }
    return found;
  }
}

/** Fields that were emptied: the server's choice again. @param {Given} before @param {Given} now */
function cleared(before, now) {
  return Object.fromEntries(Object.keys(before).filter((name) => !(name in now)).map((name) => [name, null]));
}
