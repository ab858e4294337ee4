/** @import { ServerMessage } from "../stream/protocol.d.ts" */
/** @import { RunOutline } from "../study/study.d.ts" */

/**
 * All that is told of a run in a file, where each run has its own steps alone: those before `at` are its
 * parent's, with the guard's doings among them.
 *
 * @param {Map<string, RunOutline>} runs those of the file
 * @param {(run: string) => ServerMessage[]} own what the file holds of one
 * @param {string} id
 * @returns {ServerMessage[]}
 */
export function enclosed(runs, own, id) {
  const run = runs.get(id);
  const parent = run?.parent ? runs.get(run.parent) : undefined;
  if (!run || !parent) return own(id);
  const at = run.at ?? 0;
  /** @type {ServerMessage[]} */
  const shared = [];
  for (const message of enclosed(runs, own, parent.id)) {
    if (message.type === "steps") {
      const steps = message.steps.filter(({ i }) => i < at);
      if (steps.length) shared.push({ ...message, run: id, steps });
    } else if ((message.type === "nudge" && message.at < at) || (message.type === "retract" && message.from < at)) {
      shared.push({ ...message, run: id });
    }
  }
  return [...shared, ...own(id)];
}
