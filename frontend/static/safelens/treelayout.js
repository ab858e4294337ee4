/** @import { TreeNode } from "./treenodes.js" */
import { hierarchy, tree } from "d3-hierarchy";

export const ROW = 36; // pixels from one line of boxes to the next
export const COLUMN = 168;
export const BOX = { width: 140, height: 24 };

/** @typedef {{ node: TreeNode, x: number, y: number, parent: Place | null }} Place the box's left end, and its middle */
/** @typedef {"time" | "probability"} Order */

/**
 * Where each node stands: its depth from left to right, siblings below each other. Nothing overlaps.
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
  tree().nodeSize([ROW, COLUMN]).separation(() => 1)(/** @type {any} */ (root));
  root.each((one) => {
    const { node } = one.data;
    if (!node) return;
    const parent = places.get(node.parent?.id ?? "") ?? null;
    places.set(node.id, { node, x: (one.y ?? 0) - COLUMN, y: one.x ?? 0, parent });
  });
  return places;
}

/** @param {(node: TreeNode) => number | null} sureness @returns {(a: TreeNode, b: TreeNode) => number} */
function bySureness(sureness) {
  return (a, b) => (sureness(b) ?? -Infinity) - (sureness(a) ?? -Infinity) || a.order - b.order;
}
