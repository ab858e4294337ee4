/** @import { Run, ServerMessage } from "../stream/protocol.d.ts" */
/** @import { Fork, Line, Outline, Passage, RunOutline, TurnOutline } from "./study.d.ts" */

/**
 * A study as it stands: turns, runs, their steps, and which of them is shown. Knows no page and no socket.
 *
 * A branch's steps before `at` are its parent's. Two runs of a turn part at the first step that isn't the same
 * step of the same run; equal text doesn't make them one.
 */
export class Store {
  /** whether a reader sees what was taken back, struck out; else it is forgotten */ strikes = false;
  id = "";
  title = "";
  /** @type {string | null} the run on which the study opens */ favourite = null;
  /** Another number whenever turns, runs or their ends are others than before. */ version = 0;
  /** @type {Map<string, TurnOutline>} */ turns = new Map();
  /** @type {Map<string, Line>} */ runs = new Map();
  /** @type {Map<string | null, string[]>} turns by the run that they follow */ #following = new Map();
  /** @type {Map<string, string[]>} runs by their turn */ #answers = new Map();
  /** @type {Map<string, number>} when a run was last shown */ #shown = new Map();
  /** @type {Map<string, Fork[]>} */ #forks = new Map();
  /** @type {Map<string, number>} when a run was added */ #ages = new Map();
  #clock = 0;

  /**
   * What is known of a run's steps already stays; what its owner did to it is as the outline says. Opens on the
   * favourite, else on the newest.
   *
   * @param {Outline} outline
   */
  load(outline) {
    this.id = outline.id;
    this.title = outline.title;
    this.favourite = outline.favourite;
    for (const turn of outline.turns) this.#addTurn(turn);
    for (const run of outline.runs) {
      const known = this.runs.get(run.id);
      if (!known) this.#addRun({ ...run, steps: [], ...FRESH, total: run.steps });
      else this.#update(known, run);
    }
    this.version++;
    this.#forks.clear();
    const opens = outline.favourite ?? outline.runs.filter((run) => !run.deleted).at(-1)?.id;
    if (opens && !this.#shown.size) this.show(opens);
  }

  /**
   * A run that was just begun, by this page; it is shown.
   *
   * @param {Run} run
   * @param {string | null} follows the run that its turn follows
   * @param {string} system
   */
  accept(run, follows, system = "") {
    this.id = run.study;
    const parent = run.parent === null ? undefined : this.runs.get(run.parent);
    const turn = parent?.turn ?? `turn of ${run.id}`;
    this.#addTurn({ id: turn, follows, text: run.prompt, system });
    const { id, at, settings, status, reason } = run;
    const steps = parent?.steps.slice(0, at ?? 0) ?? [];
    const before = at ?? 0;
    const retracted = parent?.retracted.filter(({ from }) => from < before) ?? [];
    const nudges = parent?.nudges.filter((nudge) => nudge.at < before) ?? [];
    const struck = new Map([...(parent?.struck ?? [])].filter(([i]) => i < before));
    const fresh = { ...FRESH, retracted, nudges, struck };
    const { created } = run;
    const told = { message: null, created, opening: "", logprob: null, seen: false, deleted: null };
    this.#addRun({ id, turn, parent: run.parent, at, settings, status, reason, ...told, ...fresh, steps });
    this.show(id);
  }

  /**
   * What the socket brings about a run.
   *
   * @param {ServerMessage} message
   * @returns {boolean} whether steps are missing before those that came: ask again from the last one held
   */
  take(message) {
    const run = "run" in message && typeof message.run === "string" ? this.runs.get(message.run) : undefined;
    if (!run) return false;
    switch (message.type) {
      case "queued":
        run.position = message.position;
        break;
      case "started":
        Object.assign(run, { status: "running", started: true, position: 0 });
        break;
      case "steps":
        if (run.status === "queued") Object.assign(run, { status: "running", position: 0 });
        for (const step of message.steps) {
          if (step.i > run.steps.length) return true;
          if (step.i === run.steps.length) run.steps.push(step);
        }
        break;
      case "nudge":
        if (!run.nudges.some(({ at }) => at === message.at)) run.nudges.push(message);
        break;
      case "retract":
        if (run.retracted.some(({ from, to }) => from === message.from && to === message.to)) break;
        this.#withdraw(run, message.from, message.to, message.reason);
        for (const other of this.answers(run.turn)) {
          // Who branched off behind them shares them, and with them their end.
          const last = Math.min(message.to, this.shared(run.id, other) - 1);
          const branch = this.runs.get(other);
          if (other !== run.id && branch && last >= message.from) this.#withdraw(branch, message.from, last, message.reason);
        }
        break;
      case "finished":
        if (run.status !== "finished" || run.total !== message.steps) this.version++;
        Object.assign(run, { status: "finished", reason: message.reason, total: message.steps, position: 0 });
        run.message = message.message ?? null;
        run.judged = message.guard ?? null;
        this.version++;
        break;
      case "gone":
        Object.assign(run, { status: "finished", gone: true, position: 0 });
        break;
    }
    return false;
  }

  /**
   * The steps are now what they are to whoever comes later.
   *
   * @param {Line} run
   * @param {number} from
   * @param {number} to
   * @param {string} reason
   */
  #withdraw(run, from, to, reason) {
    run.retracted.push({ from, to, reason, after: run.steps.length });
    for (const [n, step] of run.steps.slice(from, to + 1).entries()) {
      if (this.strikes && step.text) run.struck.set(step.i, step.text);
      run.steps[from + n] = { ...step, ...WITHDRAWN, top: [] };
    }
  }

  /** The conversation that is shown: for each turn the run, from the first to the last. @returns {Passage[]} */
  path() {
    /** @type {Passage[]} */
    const path = [];
    for (let follows = /** @type {string | null} */ (null); ; ) {
      const turns = this.#following.get(follows) ?? [];
      const best = turns.map((turn) => this.latest(this.answers(turn)));
      const id = this.latest(best.filter((run) => run !== undefined));
      const run = id === undefined ? undefined : this.runs.get(id);
      const turn = run && this.turns.get(run.turn);
      if (!run || !turn) return path;
      const runs = best.filter((one) => one !== undefined);
      const turnFork = runs.length > 1 ? { at: 0, n: runs.indexOf(run.id) + 1, runs } : null;
      path.push({ turn, run, turnFork });
      follows = run.id;
    }
  }

  /**
   * The path goes through this run from now on.
   *
   * @param {string} id
   */
  show(id) {
    const now = ++this.#clock;
    /** @type {string | null} */
    let run = id;
    while (run !== null) {
      this.#shown.set(run, now);
      run = this.turns.get(this.runs.get(run)?.turn ?? "")?.follows ?? null;
    }
    this.#forks.clear();
  }

  /**
   * Where the run's text could go on otherwise, in their order. Each fork names one run for each way.
   *
   * @param {string} id
   */
  forks(id) {
    const known = this.#forks.get(id);
    if (known) return known;
    const run = this.runs.get(id);
    const others = this.answers(run?.turn ?? "").filter((other) => other !== id);
    /** @type {Map<number, Map<string, string[]>>} by step, the ways by the run whose step is the first of each */
    const places = new Map();
    const origins = this.#origins(id);
    for (const other of others) {
      const at = this.shared(id, other, origins);
      const ways = places.get(at) ?? new Map([[this.holder(id, at), [id]]]);
      const holder = this.holder(other, at);
      ways.set(holder, [...(ways.get(holder) ?? []), other]);
      places.set(at, ways);
    }
    const forks = [...places].map(([at, ways]) => {
      const order = [...ways].sort(([a], [b]) => this.#age(a) - this.#age(b));
      const own = this.holder(id, at);
      const runs = order.map(([holder, runs]) => (holder === own ? id : this.latest(runs) ?? id));
      return { at, n: order.findIndex(([holder]) => holder === own) + 1, runs };
    });
    forks.sort((a, b) => a.at - b.at);
    this.#forks.set(id, forks);
    return forks;
  }

  /**
   * How many steps two runs of a turn have in common.
   *
   * @param {string} a
   * @param {string} b
   * @param {Map<string, number>} [before] the first one's origins, for whoever asks about many
   */
  shared(a, b, before = this.#origins(a)) {
    if (a === b) return Infinity;
    let at = Infinity;
    for (let run = this.runs.get(b); run; run = this.runs.get(run.parent ?? "")) {
      const reached = before.get(run.id);
      if (reached !== undefined) return Math.min(at, reached);
      at = Math.min(at, run.at ?? 0);
    }
    return 0;
  }

  /** The run and those that it grew from, each with how many of its steps are its own line's. @param {string} id */
  #origins(id) {
    /** @type {Map<string, number>} */
    const found = new Map();
    let at = Infinity;
    for (let run = this.runs.get(id); run; run = this.runs.get(run.parent ?? "")) {
      found.set(run.id, at);
      at = Math.min(at, run.at ?? 0);
    }
    return found;
  }

  /** The run of the line whose own step `i` is. @param {string} id @param {number} i */
  holder(id, i) {
    let run = this.runs.get(id);
    while (run?.parent && i < (run.at ?? 0)) run = this.runs.get(run.parent) ?? undefined;
    return run?.id ?? id;
  }

  /** The turn's runs that weren't deleted. @param {string} turn */
  answers(turn) {
    return (this.#answers.get(turn) ?? []).filter((run) => !this.runs.get(run)?.deleted);
  }

  /** Of these, the run shown last; never shown: the newest. @param {string[]} runs */
  latest(runs) {
    return runs.reduce(
      (/** @type {string | undefined} */ best, run) =>
        best === undefined || (this.#shown.get(run) ?? 0) >= (this.#shown.get(best) ?? 0) ? run : best,
      undefined,
    );
  }

  /** @param {string} id */
  #age(id) {
    return this.#ages.get(id) ?? 0;
  }

  /** @param {TurnOutline} turn */
  #addTurn(turn) {
    if (this.turns.has(turn.id)) return;
    this.turns.set(turn.id, turn);
    push(this.#following, turn.follows, turn.id);
  }

  /** @param {Line} run */
  #addRun(run) {
    if (this.runs.has(run.id)) return;
    this.runs.set(run.id, { ...run, retracted: [...run.retracted], nudges: [...run.nudges], struck: new Map(run.struck) });
    this.#ages.set(run.id, this.#ages.size);
    push(this.#answers, run.turn, run.id);
    this.#forks.clear();
    this.version++;
  }

  /** @param {Line} run @param {RunOutline} told */
  #update(run, told) {
    const { opening, logprob, seen, deleted, created } = told;
    Object.assign(run, { opening, logprob, seen, deleted, created });
    if (run.turn === told.turn) return;
    // The turn of a run that was begun here got a name of ours, until now.
    for (const turns of this.#following.values()) {
      const at = turns.indexOf(run.turn);
      if (at >= 0) turns.splice(at, 1);
    }
    this.turns.delete(run.turn);
    for (const id of this.#answers.get(run.turn) ?? []) {
      const answer = this.runs.get(id);
      if (answer) answer.turn = told.turn;
      push(this.#answers, told.turn, id);
    }
  }
}

/** @param {Map<string | null, string[]>} lists @param {string | null} key @param {string} value */
function push(lists, key, value) {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

const FRESH = {
  total: 0, position: 0, started: false, gone: false, retracted: [], nudges: [], struck: new Map(), judged: null,
};
const WITHDRAWN = { id: -1, text: "", logprob: 0, p: 0, rank: 0, entropy: 0 };
