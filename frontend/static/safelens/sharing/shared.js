/** @import { Source } from "./read_only.js" */
import { find } from "../page/find.js";
import { ReadOnly } from "./read_only.js";

const FAILED = "What is shared can't be loaded: load the page again.";

const failure = find("failure", HTMLElement);
const tree = find("shared", HTMLElement).dataset["tree"] ?? "";
const base = tree.replace(/tree\.json$/, "");

/** @param {string} address @returns {Promise<any>} */
async function ask(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.ok) return await answer.json();
    const said = await answer.json().catch(() => null);
    failure.textContent = said?.error?.message ?? FAILED;
  } catch {
    failure.textContent = FAILED;
  }
  return null;
}

/** @type {Source} what a link opens, read from pages of JSON */
const linked = {
  outline: () => ask(tree),
  messages: async (run) => {
    const page = await ask(`${base}runs/${encodeURIComponent(run.id)}.json?after=${run.steps.length - 1}`);
    return page?.messages ?? null;
  },
};

await new ReadOnly(linked, (sentence) => (failure.textContent = sentence)).start();
