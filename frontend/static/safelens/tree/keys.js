/** @import { Place } from "./layout.js" */
/** @import { TreeCanvas } from "./canvas.js" */
/** @import { TreeNode } from "./nodes.js" */

/**
 * The tree by key: up to what a node grew from, down to what grows from it, left and right in its generation; Home
 * to the first question, End to what is shown; Enter goes there; + − 0 scale.
 */
export class TreeKeys {
  /**
   * @param {HTMLElement} box
   * @param {TreeCanvas} canvas
   * @param {{ cursor: (place: Place) => void, go: (node: TreeNode) => void, here: () => TreeNode | undefined }} acts
   */
  constructor(box, canvas, acts) {
    this.canvas = canvas;
    this.acts = acts;
    box.addEventListener("keydown", (event) => {
      if (event.target !== box || event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.#act(event.key)) event.preventDefault();
    });
  }

  /** @param {string} key @returns {boolean} whether it is one of ours */
  #act(key) {
    const { places, cursor } = this.canvas;
    const here = cursor ?? [...places.values()][0];
    if (!here) return false;
    const scales = /** @type {Record<string, number>} */ ({ "+": 1.4, "=": 1.4, "-": 1 / 1.4 });
    const scale = scales[key];
    if (scale) this.canvas.scale(scale);
    else if (key === "0") this.canvas.fit();
    else if (key === "Enter" || key === " ") this.acts.go(here.node);
    else {
      const to = this.#next(here, key);
      if (to === undefined) return false;
      if (to) this.acts.cursor(to);
    }
    return true;
  }

  /** @param {Place} here @param {string} key @returns {Place | null | undefined} undefined: not one of ours */
  #next(here, key) {
    const { places } = this.canvas;
    /** @param {TreeNode | null | undefined} node */
    const place = (node) => places.get(node?.id ?? "") ?? null;
    switch (key) {
      case "ArrowUp":
        return place(here.node.parent);
      case "ArrowDown":
        return nearest(here, here.node.children.map((child) => place(child)));
      case "ArrowLeft":
      case "ArrowRight": {
        const right = key === "ArrowRight" ? 1 : -1;
        return nearest(here, [...places.values()].filter((one) => one.y === here.y && (one.x - here.x) * right > 0));
      }
      case "Home":
        return [...places.values()][0] ?? null;
      case "End":
        return place(this.acts.here());
      default:
        return undefined;
    }
  }
}

/** @param {Place} here @param {(Place | null)[]} places @returns {Place | null} */
function nearest(here, places) {
  return places.reduce(
    (best, one) => (one && (!best || Math.abs(one.x - here.x) < Math.abs(best.x - here.x)) ? one : best), null,
  );
}
