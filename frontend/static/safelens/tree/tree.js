/** @import { Place, Order } from "./layout.js" */
/** @import { Line, Passage } from "../study/study.d.ts" */
/** @import { Store } from "../study/store.js" */
/** @import { TreeNode } from "./nodes.js" */
import { element } from "../page/element.js";
import { find } from "../page/find.js";
import { TreeCanvas } from "./canvas.js";
import { TreeKeys } from "./keys.js";
import { treeLayout } from "./layout.js";
import { treeNodes } from "./nodes.js";
import { TreeWords } from "./words.js";

const SMALL = 24; // nodes

/** The study as a tree on the side: what is shown is bold; a click or Enter goes there. */
export class Tree {
  #panel = find("panel-tree", HTMLElement);
  #box = find("tree", HTMLElement);
  #preview = find("tree-preview", HTMLElement);
  #order = find("tree-order", HTMLSelectElement);
  #canvas = new TreeCanvas(find("tree-canvas", HTMLCanvasElement), (place) => this.#look(place));
  #words = new TreeWords([]);
  /** @type {Map<string, TreeNode>} the node at which an answer ends */ #ends = new Map();
  /** @type {Set<string>} */ #shown = new Set();
  #drawn = "";
  #items = 0;
  #width = 0;
  /** @type {string | undefined} */ #leaf;
  /** @type {((node: TreeNode | null) => void)} the cursor is on another node */ onCursor = () => {};
  /** @type {((node: TreeNode, run: string) => void)} go there, by this answer */ onGo = () => {};
  /** @type {((run: Line) => void)} somebody looks at this answer, whose steps aren't here */ onNeed = () => {};
  /** @type {Place | null} */ #pointed = null;
  /** @type {Set<Line>} whose steps are on their way */ #awaited = new Set();

  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    this.#canvas.onHover = (place) => this.#show(place);
    this.#canvas.onChoose = (place) => this.go(place.node);
    new TreeKeys(this.#box, this.#canvas, {
      cursor: (place) => this.#move(place),
      go: (node) => this.go(node),
      here: () => this.#ends.get(this.#leaf ?? ""),
    });
    this.#box.addEventListener("focus", () => this.#move(this.#canvas.cursor));
    this.#box.addEventListener("blur", () => this.#show(null));
    this.#order.addEventListener("change", () => this.#arrange());
    find("tree-here", HTMLButtonElement).addEventListener("click", () => this.#centre());
    find("tree-all", HTMLButtonElement).addEventListener("click", () => this.#canvas.fit());
    find("tree-in", HTMLButtonElement).addEventListener("click", () => this.#canvas.scale(1.4));
    find("tree-out", HTMLButtonElement).addEventListener("click", () => this.#canvas.scale(1 / 1.4));
    // What was laid out while the tree had no size is brought into sight when it gets one.
    new ResizeObserver(() => {
      const had = this.#width;
      this.#width = this.#box.clientWidth;
      if (this.#width && this.#width !== had) this.#open();
    }).observe(this.#box);
  }

  /** @param {Passage[]} path */
  show(path) {
    if (!this.#panel.offsetParent) return;
    const leaf = path.at(-1)?.run;
    const drawn = [this.store.version, leaf?.id, leaf?.status, this.store.favourite].join(" ");
    this.#words = new TreeWords(path);
    if (drawn === this.#drawn && !this.#came()) return;
    const [isOther, isFirst] = [this.#leaf !== leaf?.id, !this.#drawn];
    const isNew = leaf !== undefined && !this.#ends.has(leaf.id);
    this.#drawn = drawn;
    this.#leaf = leaf?.id;
    this.#arrange();
    if (isOther || isFirst) this.#toLeaf(isFirst, isNew);
    this.#say(this.#canvas.cursor);
    this.#show(this.#canvas.places.get(this.#pointed?.node.id ?? "") ?? null);
  }

  /** Whether steps that somebody looked for are here now. */
  #came() {
    const here = [...this.#awaited].filter((run) => run.steps.length >= run.total);
    for (const run of here) this.#awaited.delete(run);
    return here.length > 0;
  }

  /** To an answer through this node: the one that was shown last. @param {TreeNode} node */
  go(node) {
    this.#move(this.#canvas.places.get(node.id) ?? null);
    const run = this.answer(node);
    if (run) this.onGo(node, run);
  }

  /** @param {TreeNode} node @returns {string | undefined} */
  answer(node) {
    if (this.#shown.has(node.id)) return this.#leaf;
    if (node.isEnd) return node.run?.id;
    const ends = [];
    for (const below = [node]; below.length; ) {
      const one = /** @type {TreeNode} */ (below.pop());
      if (one.isEnd && one.run) ends.push(one.run.id);
      below.push(...one.children);
    }
    return this.store.latest(ends);
  }

  #arrange() {
    const nodes = treeNodes(this.store.turns.values(), this.store.runs.values());
    this.#ends = new Map(nodes.flatMap((node) => (node.isEnd && node.run ? [[node.run.id, node]] : [])));
    this.#shown = new Set();
    for (let node = this.#ends.get(this.#leaf ?? "") ?? null; node; node = node.parent) this.#shown.add(node.id);
    const order = /** @type {Order} */ (this.#order.value);
    const before = this.#canvas.cursor?.node.id ?? "";
    this.#canvas.places = treeLayout(nodes, order, (node) => this.#words.sureness(node));
    this.#canvas.cursor = this.#canvas.places.get(before) ?? null;
    for (const id of ["tree-tools", "tree"]) find(id, HTMLElement).hidden = !nodes.length;
    find("tree-empty", HTMLElement).hidden = nodes.length > 0;
    if (before && !this.#canvas.cursor) this.onCursor(null);
    this.#canvas.draw();
  }

  /** The cursor follows what is shown; what has just grown is seen beside what it grew from. @param {boolean} isFirst @param {boolean} isNew */
  #toLeaf(isFirst, isNew) {
    const end = this.#canvas.places.get(this.#ends.get(this.#leaf ?? "")?.id ?? "");
    if (!end) return;
    const held = this.#canvas.cursor;
    if (isNew || !held || !this.#shown.has(held.node.id)) this.#move(end, false);
    if (isFirst) this.#open();
    else if (isNew) this.#canvas.reveal(end, end.parent);
    else this.#canvas.reveal(this.#canvas.cursor ?? end);
  }

  #centre() {
    const place = this.#canvas.cursor ?? this.#canvas.places.get(this.#ends.get(this.#leaf ?? "")?.id ?? "");
    if (place) this.#canvas.centre(place);
  }

  /** Small ones are seen whole. */
  #open() {
    if (this.#canvas.places.size > SMALL) this.#centre();
    else this.#canvas.fit();
  }

  /** @param {Place | null} place @param {boolean} [isLooked] by somebody who wants to see it */
  #move(place, isLooked = true) {
    const to = place ?? this.#canvas.places.get(this.#ends.get(this.#leaf ?? "")?.id ?? "") ?? null;
    this.#canvas.cursor = to;
    if (to && isLooked) this.#canvas.reveal(to);
    this.#say(to);
    this.#show(document.activeElement === this.#box ? to : null);
    this.onCursor(to?.node ?? null);
    this.#canvas.draw();
  }

  /** The one item that a screen reader finds: a new element each time, or it would keep silent. @param {Place | null} place */
  #say(place) {
    for (const item of this.#box.querySelectorAll("[role=treeitem]")) item.remove();
    this.#box.removeAttribute("aria-activedescendant");
    if (!place) return;
    const { node } = place;
    const isShown = this.#shown.has(node.id);
    const siblings = node.parent?.children ?? [...this.#canvas.places.values()].filter(({ parent }) => !parent).map((one) => one.node);
    let level = 1;
    for (let above = node.parent; above; above = above.parent) level++;
    const said = [this.#words.preview(node, isShown), this.#words.facts(node, isShown)];
    if (isShown) said.push("shown");
    if (this.#look(place).isUnread) said.push("unread");
    const item = element("div", {
      id: `tree-item-${++this.#items}`, role: "treeitem", class: "unseen", "aria-level": String(level),
      "aria-setsize": String(siblings.length), "aria-posinset": String(siblings.indexOf(node) + 1), "aria-selected": String(isShown),
    }, said.join(". "));
    this.#box.append(item);
    this.#box.setAttribute("aria-activedescendant", item.id);
  }

  /** @param {Place | null} place */
  #show(place) {
    this.#pointed = place;
    this.#preview.hidden = !place;
    this.#box.classList.toggle("pointing", Boolean(place));
    if (!place) return;
    const isShown = this.#shown.has(place.node.id);
    const { run, to } = place.node;
    if (run && run.status === "finished" && run.steps.length < to && !isShown) {
      this.#awaited.add(run);
      this.onNeed(run);
    }
    this.#preview.replaceChildren(
      element("bdi", {}, this.#words.preview(place.node, isShown)),
      element("span", { class: "second" }, this.#words.facts(place.node, isShown)),
    );
    const { top, height } = this.#canvas.rectangle(place);
    this.#preview.classList.toggle("above", top + height > this.#box.clientHeight / 2);
  }

  /** @param {Place} place */
  #look({ node }) {
    const isShown = this.#shown.has(node.id);
    const { run } = node;
    return {
      ...this.#words.label(node, isShown),
      isShown,
      isUnread: Boolean(node.isEnd && run && !run.seen && run.status === "finished" && !isShown),
      isFavourite: Boolean(node.isEnd && run && run.id === this.store.favourite),
    };
  }
}
