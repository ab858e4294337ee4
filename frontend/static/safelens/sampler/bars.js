/** @import { Row } from "./rows.js" */
import { select } from "../page/d3.js";
import { percent } from "../page/numbers.js";

/**
 * Alternatives as bars: the share that is drawn from over the model's own. Rows are keyed by token id, so two
 * ids of equal text are two rows. A click is told by `data-token`.
 *
 * @param {HTMLOListElement} list
 * @param {Row[]} rows
 * @param {{ end?: number, atMost?: boolean, readOnly?: boolean }} [how] where the scale ends, whether the shares are
 *   upper bounds, and whether none can be taken
 */
export function drawBars(list, rows, { end = 1, atMost = false, readOnly = false } = {}) {
  const shown = select(list).selectAll("li").data(rows, key);
  shown.exit().remove();
  const fresh = shown.enter().append("li").append("button").attr("type", "button");
  fresh.append("span").attr("class", "bar-own");
  fresh.append("span").attr("class", "bar-drawn");
  fresh.append("span").attr("class", "unseen verb");
  fresh.append("bdi").attr("class", "word");
  fresh.append("span").attr("class", "number drawn");
  fresh.append("span").attr("class", "number own");

  const all = select(list).selectAll("li").data(rows, key).order();
  all.classed("taken", (row) => row.taken).classed("cut", (row) => row.p === 0);
  const buttons = all.select("button");
  buttons.attr("data-token", (row) => row.id).attr("title", (row) => `token ${row.id}`);
  buttons.attr("aria-disabled", (row) => (row.taken || readOnly ? "true" : null));
  buttons.select(".verb").text((row) => (row.taken ? "Taken: " : readOnly ? "" : "Take "));
  buttons.select(".bar-own").style("width", (row) => width(row.own, end));
  buttons.select(".bar-drawn").style("width", (row) => width(row.p, end));
  buttons.select(".word").text((row) => row.text);
  buttons.select(".drawn").text((row) => (row.p === 0 ? "cut" : `${atMost ? "≤ " : ""}${percent(row.p)}`));
  buttons.select(".own").text((row) => percent(row.own));
}

/** @param {number} p @param {number} end */
function width(p, end) {
  return `${Math.min(1, p / end) * 100}%`;
}

/** @param {unknown} row */
function key(row) {
  return /** @type {Row} */ (row).id;
}
