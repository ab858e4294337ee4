// What we take of D3: one place that says so.

export { select } from "d3-selection";
export { bisectCenter } from "d3-array";
export { scaleLinear, scaleUtc } from "d3-scale";
export { area, line } from "d3-shape";
