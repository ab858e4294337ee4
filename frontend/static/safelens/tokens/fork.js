/** @import { Fork } from "../study/study.d.ts" */
import { element } from "../page/element.js";

/**
 * `‹2/3›`: which way is shown of those that part here. A click on an arrow is told by its `data-show`.
 *
 * @param {Fork} fork
 */
export function forkControl(fork) {
  const count = fork.runs.length;
  /** @param {string} label @param {string} arrow @param {number} way */
  const button = (label, arrow, way) =>
    element(
      "button",
      { type: "button", "aria-label": label, title: label, "data-show": fork.runs[(way + count) % count] ?? "" },
      arrow,
    );
  return element(
    "span",
    { class: "fork", role: "group", "aria-label": `Way ${fork.n} of ${count} from here` },
    button("Show the way before", "‹", fork.n - 2),
    element("span", { "aria-hidden": "true" }, `${fork.n}/${count}`),
    button("Show the next way", "›", fork.n),
  );
}
