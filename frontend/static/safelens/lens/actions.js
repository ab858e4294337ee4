/** @import { Branch, Generate, Given } from "../stream/protocol.d.ts" */
/** @import { TurnOutline } from "../study/study.d.ts" */
/** @import { Composer } from "./composer.js" */
/** @import { Panel } from "../settings/panel.js" */
/** @import { Socket } from "../stream/socket.js" */
/** @import { Status } from "../stream/status.js" */
/** @import { Store } from "../study/store.js" */
import { Changes } from "../settings/changes.js";
import { Refused } from "../stream/socket.js";

/**
 * What a person asks of the model: a question, another way, an end. A branch takes its parent's settings but
 * for what was changed in the panel since the parent began.
 */
export class Actions {
  /**
   * @param {Store} store
   * @param {Socket} socket
   * @param {Panel} panel
   * @param {Status} status
   * @param {Composer} composer
   * @param {(run: string, after: number) => void} onBegun with the last step that the page holds already
   * @param {(study: string, prompt: string) => void} onOpened a question has made this study
   */
  constructor(store, socket, panel, status, composer, onBegun, onOpened) {
    this.store = store;
    this.socket = socket;
    this.panel = panel;
    this.status = status;
    this.composer = composer;
    this.onBegun = onBegun;
    this.onOpened = onOpened;
    this.changes = new Changes(() => panel.valid());
  }

  isStreaming() {
    const leaf = this.store.path().at(-1)?.run;
    return leaf !== undefined && leaf.status !== "finished";
  }

  /**
   * A question behind what is shown, or instead of another one, beside which it then stands.
   *
   * @param {string} prompt
   * @param {TurnOutline | null} [instead]
   * @param {Given} [usual] what is set where the reader set nothing
   * @returns {Promise<boolean>} whether it was taken
   */
  async send(prompt, instead = null, usual = {}) {
    const chosen = this.panel.settings();
    if (!chosen || (!instead && this.isStreaming())) return false;
    const after = instead ? instead.follows : this.store.path().at(-1)?.run.id ?? null;
    const system = this.panel.system || (instead?.system ?? "");
    const isNew = !this.store.id;
    /** @type {Generate} */
    const message = { type: "generate", prompt, settings: { ...usual, ...chosen } };
    if (system) message.system = system;
    if (!isNew) Object.assign(message, { study: this.store.id, after });
    const accepted = await this.#ask(message);
    if (!accepted) return false;
    if (!instead) this.composer.fill("");
    this.store.accept(accepted.run, after, system);
    this.changes.begin(accepted.run.id);
    this.onBegun(accepted.run.id, -1);
    if (isNew) this.onOpened(accepted.run.study, prompt);
    return true;
  }

  /**
   * Another way from step `at`: with the token, with the text, or drawn anew. Where it is drawn anew in the
   * middle, the parent's seed would only draw the same again.
   *
   * @param {string} run
   * @param {number} at
   * @param {{ token?: number, text?: string, settings?: Given }} [otherwise]
   */
  async branch(run, at, { settings = {}, ...otherwise } = {}) {
    if (!this.panel.settings()) return;
    const isDrawn = otherwise.token === undefined && otherwise.text === undefined;
    const isAtEnd = at >= (this.store.runs.get(run)?.total ?? Infinity);
    const seed = isDrawn && !isAtEnd ? { seed: null } : {};
    /** @type {Branch} */
    const message = {
      type: "branch", run, at, ...otherwise,
      settings: { ...seed, ...this.changes.since(run), ...settings },
    };
    const accepted = await this.#ask(message);
    if (!accepted) return;
    this.store.accept(accepted.run, null);
    this.changes.begin(accepted.run.id);
    this.onBegun(accepted.run.id, at - 1);
  }

  /**
   * What is kept up to step `at` goes on in another way; an answer that is still on its way ends first.
   *
   * @param {string} run
   * @param {number} at
   */
  async goOn(run, at) {
    // What comes of the stop comes as the run's end; the branch needs only what is recorded already.
    if (this.store.runs.get(run)?.status !== "finished") void this.stop(run);
    await this.branch(run, at);
  }

  /** @param {string} [run] the last one if none is named */
  async stop(run = this.store.path().at(-1)?.run.id) {
    if (run === undefined) return;
    try {
      await this.socket.ask({ type: "cancel", run });
    } catch (problem) {
      this.status.fail(problem instanceof Error ? problem.message : "");
    }
  }

  /** @param {Generate | Branch} message */
  async #ask(message) {
    this.status.fail("");
    try {
      return await this.socket.ask(message);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      const field = problem.field.replace(/^settings\./, "");
      if (field === problem.field || !this.panel.refuse(field, problem.message)) this.status.fail(problem.message);
      return null;
    }
  }
}
