/** @import { TreeNode } from "./nodes.js" */
import { hierarchy, tree } from "d3-hierarchy";

export const ROW = 44; // pixels from one generation to the next
export const COLUMN = 124;
export const BOX = { width: 112, height: 24 };

/** @typedef {{ node: TreeNode, x: number, y: number, parent: Place | null }} Place the box's middle */
/** @typedef {"time" | "probability"} Order */

/**
 * Where each node stands: what grows from it below it, siblings side by side. Nothing overlaps.
 *
 * @param {TreeNode[]} nodes parents first
 * @param {Order} order
 * @param {(node: TreeNode) => number | null} sureness of a stretch, for the order; null: not known, comes last
 * @returns {Map<string, Place>} by the nodes' ids, parents first
 */
export function treeLayout(nodes, order, sureness) {
  const roots = nodes.filter((node) => !node.parent);
  const sort = order === "time" ? null : bySureness(sureness);
  const root = hierarchy(/** @type {{ node: TreeNode | null }} */ ({ node: null }), ({ node }) => {
    const children = node ? node.children : roots;
    return (sort ? [...children].sort(sort) : children).map((child) => ({ node: child }));
  });
  /** @type {Map<string, Place>} */
  const places = new Map();
  tree().nodeSize([COLUMN, ROW]).separation(() => 1)(/** @type {any} */ (root));
  root.each((one) => {
    const { node } = one.data;
    if (!node) return;
    const parent = places.get(node.parent?.id ?? "") ?? null;
    places.set(node.id, { node, x: one.x ?? 0, y: (one.y ?? 0) - ROW, parent });
  });
  return places;
}

/** @param {(node: TreeNode) => number | null} sureness @returns {(a: TreeNode, b: TreeNode) => number} */
function bySureness(sureness) {
  return (a, b) => (sureness(b) ?? -Infinity) - (sureness(a) ?? -Infinity) || a.order - b.order;
}
