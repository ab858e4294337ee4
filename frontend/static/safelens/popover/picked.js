/** @import { Settings, Step } from "../stream/protocol.d.ts" */

/**
 * How a token came into the text, in words.
 *
 * @param {Step} step
 * @param {Partial<Settings>} settings of the run that it is a step of
 */
export function picked(step, settings) {
  switch (step.origin) {
    case "edit":
      return "put here by you";
    case "prefix":
      return "given as the start of the answer";
    case "given":
      return "part of the text that was read";
    case "nudge":
      return "put here by the guard";
    default:
      return settings.temperature === 0 ? "the most probable one, by temperature 0" : "drawn by chance";
  }
}
