// One plot: curves with their intervals, lines with their names on them, and what is under the pointer in words.

import { spread } from "./labels.js";
import { points } from "./points.js";
import { area, bisectCenter, line, scaleLinear, scaleUtc, select } from "../page/d3.js";
import { percent, significant } from "../page/numbers.js";

/** @import { Point, Series } from "./points.js" */
/** @typedef {{ value: number, name: string }} Level */

const HEIGHT = 240;
const MARGIN = { top: 12, right: 128, bottom: 28, left: 48 };
const ROW = 16; // pixels, of a line of labels
const LETTER = 7.5; // pixels, of a wide one in a label
const COLOURS = 6; // in audit.css
/** @type {() => import("d3-shape").Line<Point>} */
const curveOf = line;
/** @type {() => import("d3-shape").Area<Point>} */
const bandOf = area;
const NARROW = 480; // pixels: below, names stand above the curves

/**
 * Draws the figure's table into its drawing, and again whenever its width changes.
 *
 * @param {HTMLElement} figure
 */
export function plot(figure) {
  const drawing = figure.querySelector(".drawing");
  const table = figure.querySelector("table");
  const readout = figure.querySelector(".readout");
  if (!(drawing instanceof HTMLElement) || !table || !(readout instanceof HTMLElement)) return;
  const series = points(elements(table, "[data-series]"));
  if (!series.length) return;
  const fates = elements(table, "[data-fate]");
  let width = 0;
  new ResizeObserver(() => {
    const now = drawing.clientWidth || figure.clientWidth;
    if (now === width || !now) return;
    width = now;
    draw(figure, drawing, readout, series, fates, width);
  }).observe(figure);
}

/** @param {Element} within @param {string} selector */
function elements(within, selector) {
  return [...within.querySelectorAll(selector)].filter((one) => one instanceof HTMLElement);
}

/**
 * @param {HTMLElement} figure
 * @param {HTMLElement} drawing
 * @param {HTMLElement} readout
 * @param {Series[]} series
 * @param {HTMLElement[]} fates rows of tokens, with what became of them
 * @param {number} width
 */
function draw(figure, drawing, readout, series, fates, width) {
  const kind = figure.dataset.y ?? "score";
  const days = figure.dataset.x === "day";
  const levels = levelsOf(figure);
  const narrow = width < NARROW;
  const fired = fates.filter((row) => row.dataset.fired);
  const right = width - (narrow ? 12 : MARGIN.right);
  const upper = MARGIN.top + (fired.length ? 2 * ROW : 0) + (narrow ? ROW * series.length : 0);
  const height = HEIGHT + upper - MARGIN.top;
  const bottom = height - MARGIN.bottom;
  const all = series.flatMap((one) => one.points);
  const xs = /** @type {[number, number]} */ (span(all.map((point) => point.x), fates.length));
  const x = days ? scaleUtc(xs, [MARGIN.left, right]) : scaleLinear(xs, [MARGIN.left, right]);
  const y = scaleLinear([0, top(kind, series, levels)], [bottom, upper]);
  if (kind !== "score") y.nice(4);

  drawing.replaceChildren();
  const svg = select(drawing)
    .append("svg")
    .attr("viewBox", `0 0 ${width} ${height}`)
    .style("height", `${height}px`)
    .attr("role", "img")
    .attr("aria-label", `${figure.dataset.title ?? "Plot"}: ${series.map((one) => one.name).join(", ")}. The table below has the values.`);

  for (const row of fates) {
    if (row.dataset.fate !== "dropped" && row.dataset.fate !== "retracted") continue;
    const at = Number(row.dataset.token);
    const left = x(at - 0.5);
    svg.append("rect").attr("class", "fate").attr("x", left).attr("width", Math.max(1, x(at + 0.5) - left)).attr("y", upper).attr("height", bottom - upper);
  }
  for (const value of y.ticks(4)) {
    const tick = svg.append("g").attr("class", "tick");
    tick.append("line").attr("x1", MARGIN.left).attr("x2", right).attr("y1", y(value)).attr("y2", y(value));
    tick.append("text").attr("x", MARGIN.left - 8).attr("y", y(value) + 4).attr("text-anchor", "end").text(shortly(kind, value));
  }
  const most = Math.max(2, Math.floor((right - MARGIN.left) / 90));
  const format = days ? day : (/** @type {number} */ value) => String(value);
  for (const value of ticks(x, most, all, days)) {
    svg.append("text").attr("x", x(value)).attr("y", height - 8).attr("text-anchor", "middle").text(format(value));
  }
  levels.forEach(({ value, name }, index) => {
    svg.append("line").attr("class", "crossing").attr("x1", MARGIN.left).attr("x2", right).attr("y1", y(value)).attr("y2", y(value));
    const label = svg.append("text").attr("class", "crossing-name").attr("y", y(value) - 5).text(name);
    if (index % 2) label.attr("x", right - 6).attr("text-anchor", "end");
    else label.attr("x", MARGIN.left + 6);
  });
  let free = [-Infinity, -Infinity]; // where each of two rows of labels is free again
  for (const row of fired) {
    const said = row.dataset.fired ?? "";
    const at = x(Number(row.dataset.token));
    const place = free.findIndex((from) => from <= at);
    const level = upper - 8 - ROW * Math.max(place, 0);
    svg.append("line").attr("class", "fired-line").attr("x1", at).attr("x2", at).attr("y1", place < 0 ? upper : level - 10).attr("y2", bottom);
    if (place < 0) continue; // the table has it
    svg.append("text").attr("x", at + 4).attr("y", level).text(said);
    free = free.map((from, index) => (index === place ? at + 8 + LETTER * said.length : from));
  }
  const ends = spread(series.map((one) => y(one.points.at(-1)?.y ?? 0) + 4), 16, bottom);
  series.forEach((one, index) => {
    const group = svg.append("g").attr("class", `series-${index % COLOURS}`);
    const banded = one.points.filter((point) => point.low !== null);
    const band = bandOf().x((point) => x(point.x)).y0((point) => y(point.low ?? 0)).y1((point) => y(point.high ?? 0));
    if (banded.length > 1) group.append("path").attr("class", "band").attr("d", band(banded));
    const curve = curveOf().x((point) => x(point.x)).y((point) => y(point.y));
    const path = days ? curve(one.points) : stretches(one.points).map((stretch) => curve(stretch)).join("");
    group.append("path").attr("class", "curve").attr("d", path);
    if (one.points.length <= 90) {
      for (const point of one.points) group.append("circle").attr("class", "dot").attr("r", 2.5).attr("cx", x(point.x)).attr("cy", y(point.y));
    }
    const name = group.append("text").attr("class", "name").text(shortened(one.name));
    if (narrow) name.attr("x", MARGIN.left).attr("y", MARGIN.top + ROW * index);
    else name.attr("x", right + 8).attr("y", ends[index] ?? 0);
  });

  const finger = svg.append("line").attr("class", "finger").attr("y1", upper).attr("y2", bottom).attr("visibility", "hidden");
  const places = [...new Map(all.map((point) => [point.x, point])).values()].sort((a, b) => a.x - b.x);
  svg.on("pointermove", (event) => {
    const box = drawing.getBoundingClientRect();
    const at = Number(x.invert(event.clientX - box.left));
    const near = places[bisectCenter(places.map((point) => point.x), at)];
    if (!near) return;
    finger.attr("x1", x(near.x)).attr("x2", x(near.x)).attr("visibility", "visible");
    const said = series.flatMap((one) => {
      const point = one.points.find((point) => point.x === near.x);
      return point ? [`${one.name} ${exactly(kind, point)}`] : [];
    });
    readout.textContent = `${days ? day(near.x) : `Token ${near.x}`}: ${said.join(", ")}`;
  });
  svg.on("pointerleave", () => finger.attr("visibility", "hidden"));
}

/** @param {HTMLElement} figure @returns {Level[]} */
function levelsOf({ dataset }) {
  const found = [];
  if (dataset.line) found.push({ value: Number(dataset.line), name: dataset.lineName ?? "line" });
  if (dataset.line2) found.push({ value: Number(dataset.line2), name: dataset.line2Name ?? "line" });
  return found;
}

/** @param {number[]} xs @param {number} tokens */
function span(xs, tokens) {
  const [least, most] = tokens ? [0.5, tokens + 0.5] : [Math.min(...xs), Math.max(...xs)];
  return least === most ? [least - 1, most + 1] : [least, most];
}

/** @param {string} kind @param {Series[]} series @param {Level[]} levels */
function top(kind, series, levels) {
  if (kind === "score") return 1;
  // A band needs two points: a lone one's interval isn't drawn.
  const reached = series.flatMap(({ points }) => points.map((point) => (points.length > 1 ? (point.high ?? point.y) : point.y)));
  const highest = Math.max(...reached, ...levels.map((level) => level.value * 1.2));
  return kind === "percent" ? Math.min(1, highest || 0.01) : highest || 1;
}

/**
 * @param {{ ticks(count: number): (number | Date)[] }} x
 * @param {number} most
 * @param {Point[]} all
 * @param {boolean} days
 */
function ticks(x, most, all, days) {
  const known = [...new Set(all.map((point) => point.x))];
  if (known.length <= most && days) return known;
  return x.ticks(most).map(Number).filter((value) => days || Number.isInteger(value));
}

/**
 * Tokens in a row: injected ones have no score, and leave a gap in the curve.
 *
 * @param {Point[]} all
 */
function stretches(all) {
  /** @type {Point[][]} */
  const found = [];
  all.forEach((point, index) => {
    const before = all[index - 1];
    if (before && point.x === before.x + 1) found.at(-1)?.push(point);
    else found.push([point]);
  });
  return found;
}

/** @param {number} at */
function day(at) {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}

/** @param {string} kind @param {number} value */
function shortly(kind, value) {
  if (kind === "percent") return `${Number((value * 100).toFixed(2))} %`;
  return String(Number(value.toFixed(4)));
}

/** @param {string} kind @param {Point} point */
function exactly(kind, point) {
  if (kind === "count") return String(point.y);
  if (kind !== "percent") return significant(point.y);
  if (point.low === null || point.high === null) return percent(point.y);
  return `${percent(point.y)} (${percent(point.low)} to ${percent(point.high)})`;
}

/** @param {string} name */
function shortened(name) {
  const letters = [...name];
  return letters.length > 18 ? `${letters.slice(0, 17).join("")}…` : name;
}
