// What we take of D3: one place that says so.

export { select } from "d3-selection";
