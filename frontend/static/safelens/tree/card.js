/** @import { Line } from "../study/study.d.ts" */
/** @import { Store } from "../study/store.js" */
/** @import { StudyRequests } from "../study/requests.js" */
/** @import { Tree } from "./tree.js" */
/** @import { TreeNode } from "./nodes.js" */
import { element } from "../page/element.js";
import { find } from "../page/find.js";

/** What can be done about the node on which the tree's cursor is, and what was deleted and can come back. */
export class TreeCard {
  #card = find("tree-card", HTMLElement);
  #said = find("tree-said", HTMLElement);
  #deleted = find("tree-deleted", HTMLDetailsElement);
  /** @type {TreeNode | null} */ #node = null;
  #version = -1;
  /** @type {(run: string) => void} */ onCompare = () => {};
  onChange = () => {};

  /** @param {Store} store @param {Tree} tree @param {StudyRequests} requests */
  constructor(store, tree, requests) {
    this.store = store;
    this.tree = tree;
    this.requests = requests;
    tree.onCursor = (node) => this.#turnTo(node);
  }

  /** What was deleted may have changed. */
  show() {
    if (this.#version === this.store.version) return;
    this.#version = this.store.version;
    /** @type {Map<string, Line[]>} */
    const groups = new Map();
    for (const run of this.store.runs.values()) {
      if (run.deleted) groups.set(run.deleted, [...(groups.get(run.deleted) ?? []), run]);
    }
    this.#deleted.hidden = groups.size === 0;
    const list = [...groups].sort(([a], [b]) => b.localeCompare(a)).map(([moment, runs]) => {
      const text = runs.map((run) => run.opening || this.store.turns.get(run.turn)?.text || "").find(Boolean) ?? "";
      const when = new Date(moment).toLocaleString([], { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
      const back = element("button", { type: "button", class: "quiet small" }, "Bring back");
      back.addEventListener("click", () => void this.#restore(runs[0]?.id ?? ""));
      return element("li", {}, element("bdi", {}, text.slice(0, 80)), element("span", { class: "second" }, `${answers(runs.length)}, ${when}`), back);
    });
    find("tree-deleted-list", HTMLElement).replaceChildren(...list);
    find("tree-deleted-count", HTMLElement).textContent = String(groups.size);
    this.#turnTo(this.#node);
  }

  /** @param {TreeNode | null} node */
  #turnTo(node) {
    this.#node = node;
    const run = node ? this.tree.answer(node) : undefined;
    this.#card.hidden = !node || !run;
    if (!node || !run) return;
    const isFavourite = this.store.favourite === run;
    this.#card.replaceChildren(
      button("Go there", () => this.tree.go(node)),
      button("Compare", () => this.onCompare(run)),
      button("Open here", () => void this.#favour(isFavourite ? null : run), { "aria-pressed": String(isFavourite), title: "The study opens on this answer" }),
      button("Delete …", () => this.#confirm(node, run)),
    );
  }

  /** @param {TreeNode} node @param {string} run */
  #confirm(node, run) {
    const keep = button("Keep", () => {
      this.#turnTo(node);
      this.#card.querySelector("button")?.focus();
    });
    const going = button(`Delete ${answers(node.answers)}`, () => void this.#delete(node, run), { class: "danger small" });
    this.#card.replaceChildren(
      element("p", {}, `${answers(node.answers)} ${node.answers === 1 ? "goes" : "go"} with it. It can be undone for 30 days.`), going, keep,
    );
    going.focus();
  }

  /** @param {TreeNode} node @param {string} run */
  async #delete(node, run) {
    await this.#do(async () => {
      const { runs, outline } = await this.requests.deleteBranch(node.run?.id ?? run, node.run ? node.from : null);
      this.store.load(outline);
      const undo = button("Undo", () => void this.#restore(runs[0] ?? ""));
      this.#said.replaceChildren(`${answers(runs.length)} deleted. `, undo);
      undo.focus();
    });
  }

  /** @param {string} run */
  async #restore(run) {
    await this.#do(async () => {
      const { runs, outline } = await this.requests.restoreBranch(run);
      this.store.load(outline);
      this.#said.textContent = `${answers(runs.length)} brought back.`;
    });
  }

  /** @param {string | null} run */
  async #favour(run) {
    await this.#do(async () => {
      await this.requests.favourite(run);
      this.store.favourite = run;
      this.#said.textContent = run ? "The study opens here." : "The study opens on its newest answer.";
      this.#turnTo(this.#node);
    });
  }

  /** @param {() => Promise<void>} change */
  async #do(change) {
    try {
      await change();
    } catch (problem) {
      this.#said.textContent = problem instanceof Error ? problem.message : "";
    }
    this.onChange();
  }
}

/** @param {number} count */
function answers(count) {
  return `${count} ${count === 1 ? "answer" : "answers"}`;
}

/** @param {string} text @param {() => void} act @param {Record<string, string>} [more] */
function button(text, act, more = {}) {
  const made = element("button", { type: "button", class: "quiet small", ...more }, text);
  made.addEventListener("click", act);
  return made;
}
