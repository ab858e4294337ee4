/** @import { Reading } from "../conversation/reading.js" */
/** @import { Side } from "./side.js" */
/** @import { Store } from "../study/store.js" */
/** @import { Line, Passage } from "../study/study.d.ts" */
/** @import { TreeNode } from "../tree/nodes.js" */
import { Compare } from "../compare/compare.js";
import { GuardPanel } from "../guard/panel.js";
import { PromptEdit } from "../conversation/prompt_edit.js";
import { Replays } from "../replay/replays.js";
import { StudyRequests } from "../study/requests.js";
import { Seen } from "../study/seen.js";
import { Tree } from "../tree/tree.js";
import { TreeCard } from "../tree/card.js";

/** The study as a whole, on the side: its tree, what the guard saw, what is done about its branches, two compared. */
export class Overview {
  #requests = new StudyRequests(() => this.store.id);
  #seen = new Seen(this.#requests);
  /** @type {{ run: string, i: number } | null} the token to go to, as soon as it is there */ #goal = null;

  /**
   * @param {Store} store
   * @param {Reading} reading
   * @param {Side} side
   * @param {() => void} onChange what is shown may be something else now
   * @param {(run: Line) => void} need all steps of this run are wanted
   */
  constructor(store, reading, side, onChange, need) {
    this.store = store;
    this.reading = reading;
    this.side = side;
    this.onChange = onChange;
    this.tree = new Tree(store);
    this.card = new TreeCard(store, this.tree, this.#requests);
    this.card.onChange = onChange;
    this.compare = new Compare(store, reading.shading, {
      need,
      redraw: onChange,
      again: (run, at, settings) => reading.actions.branch(run, at, { settings }),
    });
    this.guard = new GuardPanel(reading, side, onChange);
    const { element } = reading.transcript;
    this.replays = new Replays(element, store, reading.shading);
    this.edits = new PromptEdit(element, store, (turn, prompt) => reading.actions.send(prompt, turn));
    this.card.onCompare = (run) => {
      this.compare.with(run);
      side.open("compare");
    };
    this.tree.onNeed = need;
    this.tree.onGo = (node, run) => this.#go(node, run);
    side.listeners.add(onChange);
  }

  /** @param {Passage[]} path */
  show(path) {
    this.tree.show(path);
    this.card.show();
    this.compare.show(path);
    this.guard.show(path);
    this.replays.settle();
    this.edits.settle();
    this.#seen.note(path);
    if (this.#goal && this.reading.transcript.reveal(this.#goal.run, this.#goal.i)) this.#goal = null;
  }

  /** @param {TreeNode} node @param {string} run */
  #go(node, run) {
    this.reading.close();
    this.store.show(run);
    const turn = node.turn?.id ?? node.run?.turn;
    const passage = this.store.path().find((one) => one.turn.id === turn);
    this.#goal = passage ? { run: passage.run.id, i: node.turn ? -1 : node.from } : null;
    if (this.side.isDrawer) this.side.close();
    this.onChange();
  }
}
