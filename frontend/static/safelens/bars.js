/** @import { Step } from "./protocol.d.ts" */
import { select } from "./d3.js";
import { percent } from "./numbers.js";
import { visible } from "./visible.js";

/** @typedef {{ id: number, text: string, own: number, p: number, taken: boolean }} Row */

/**
 * A step's alternatives as bars on a scale from 0 to 1: the share that was drawn from over the model's own.
 * Rows are keyed by token id, so two ids of equal text are two rows. A click is told by `data-token`.
 *
 * @param {HTMLOListElement} list
 * @param {Step} step
 */
export function drawBars(list, step) {
  /** @type {Row[]} */
  const rows = step.top.map(([id, text, logprob, p]) => {
    return { id, text: visible(text), own: Math.exp(logprob), p, taken: id === step.id };
  });
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
  buttons.attr("aria-disabled", (row) => (row.taken ? "true" : null));
  buttons.select(".verb").text((row) => (row.taken ? "Taken: " : "Take "));
  buttons.select(".bar-own").style("width", (row) => `${row.own * 100}%`);
  buttons.select(".bar-drawn").style("width", (row) => `${row.p * 100}%`);
  buttons.select(".word").text((row) => row.text);
  buttons.select(".drawn").text((row) => (row.p === 0 ? "cut" : percent(row.p)));
  buttons.select(".own").text((row) => percent(row.own));
}

/** @param {unknown} row */
function key(row) {
  return /** @type {Row} */ (row).id;
}
