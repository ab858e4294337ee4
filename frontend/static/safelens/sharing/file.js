/** @import { Source } from "./read_only.js" */
import { enclosed } from "./enclosed.js";
import { find } from "../page/find.js";
import { ReadOnly } from "./read_only.js";

/** What the file holds under this id, read when it is wanted. @param {string} id @returns {any} */
function kept(id) {
  return JSON.parse(find(id, HTMLScriptElement).textContent ?? "");
}

const outline = kept("outline");
const runs = new Map(outline.runs.map((/** @type {{ id: string }} */ run) => [run.id, run]));

/** @type {Source} a study that was taken along: this file asks nobody for anything */
const taken = {
  outline: async () => outline,
  messages: async (run) => enclosed(runs, (id) => kept(`run-${id}`), run.id),
};

await new ReadOnly(taken, (sentence) => (find("failure", HTMLElement).textContent = sentence)).start();
