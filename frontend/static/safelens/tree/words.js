/** @import { Passage } from "../study/study.d.ts" */
/** @import { TreeNode } from "./nodes.js" */
import { percent } from "../page/numbers.js";
import { length } from "./nodes.js";

const LONGEST = 400; // characters of a preview

/** What a node of the tree says: its text where it is known, and its numbers. */
export class TreeWords {
  /** @type {Map<string, Passage>} by their turns */ #shown = new Map();

  /** @param {Passage[]} path what is shown: its steps are known */
  constructor(path) {
    this.#shown = new Map(path.map((passage) => [passage.turn.id, passage]));
  }

  /** One line; quiet if it isn't the node's own words. @param {TreeNode} node @param {boolean} isShown */
  label(node, isShown) {
    const text = this.text(node, isShown).replace(/\s+/g, " ").trim().slice(0, 40);
    return text ? { label: text, isQuiet: false } : { label: standIn(node), isQuiet: true };
  }

  /** @param {TreeNode} node @param {boolean} isShown */
  preview(node, isShown) {
    return this.text(node, isShown).trim().slice(0, LONGEST) || standIn(node);
  }

  /** @param {TreeNode} node @param {boolean} isShown */
  text(node, isShown) {
    if (node.turn) return node.turn.text;
    const steps = this.#steps(node, isShown);
    if (steps.length) return steps.map((step) => step.text).join("");
    return node.run && node.from === (node.run.at ?? 0) ? node.run.opening : "";
  }

  /** How many tokens, how sure the model was of them, how many answers. @param {TreeNode} node @param {boolean} isShown */
  facts(node, isShown) {
    const answers = `${node.answers} ${node.answers === 1 ? "answer" : "answers"}`;
    if (!node.run) return `a question, ${answers}`;
    const count = node.to - node.from;
    const sure = this.sureness(node, isShown);
    const said = [`${count} ${count === 1 ? "token" : "tokens"}`];
    if (sure !== null) said.push(`${percent(Math.exp(sure))} a token`);
    if (node.answers !== 1 || !node.isEnd) said.push(answers);
    return said.join(", ");
  }

  /** The mean of its steps' log-probabilities, or that of its run's own. @param {TreeNode} node @param {boolean} [isShown] */
  sureness(node, isShown = false) {
    if (!node.run) return null;
    const steps = this.#steps(node, isShown);
    if (!steps.length || steps.length < node.to - node.from) return node.run.logprob;
    return steps.reduce((sum, step) => sum + step.logprob, 0) / steps.length;
  }

  /** @param {TreeNode} node @param {boolean} isShown */
  #steps({ run, from, to }, isShown) {
    if (!run) return [];
    const holder = isShown ? this.#shown.get(run.turn)?.run ?? run : run;
    return holder.steps.slice(from, to);
  }
}

/** @param {TreeNode} node */
function standIn({ run, from, to }) {
  if (!run) return "No question";
  if (run.status === "queued") return "Waiting";
  if (run.status === "running" && to === length(run)) return "Being written";
  if (run.reason === "failed" || run.reason === "blocked") return run.reason === "failed" ? "Failed" : "Stopped by the guard";
  const count = to - from;
  return count ? `${count} ${count === 1 ? "token" : "tokens"}` : "Nothing";
}
