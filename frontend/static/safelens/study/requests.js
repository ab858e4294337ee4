/** @import { Outline } from "./study.d.ts" */
import { csrf } from "../page/csrf.js";

const OFFLINE = "The site doesn't answer; try again.";

/** What is asked of the site about a study, besides what goes by the socket. */
export class StudyRequests {
  /** @param {() => string} study its id, empty as long as there is none */
  constructor(study) {
    this.study = study;
  }

  /** @param {string} run @param {number | null} at @returns {Promise<{ runs: string[], outline: Outline }>} */
  deleteBranch(run, at) {
    return this.#ask("delete-branch", { run, at });
  }

  /** @param {string} run @returns {Promise<{ runs: string[], outline: Outline }>} */
  restoreBranch(run) {
    return this.#ask("restore-branch", { run });
  }

  /** @param {string | null} run */
  favourite(run) {
    return this.#ask("favourite", { run });
  }

  /** @param {string[]} runs */
  seen(runs) {
    return this.#ask("seen", { runs });
  }

  /**
   * Throws an Error whose message is a sentence for a person.
   *
   * @param {string} what
   * @param {object} body
   * @returns {Promise<any>}
   */
  async #ask(what, body) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf() };
    const address = `/studies/${encodeURIComponent(this.study())}/${what}`;
    /** @type {Response} */
    let answer;
    try {
      answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
      if (answer.status === 204) return null;
    } catch {
      throw new Error(OFFLINE);
    }
    const said = await answer.json().catch(() => null);
    if (!answer.ok) throw new Error(said?.error?.message ?? OFFLINE);
    return said;
  }
}
