/** @import { Step } from "../stream/protocol.d.ts" */
import { END, visible } from "./visible.js";

/**
 * What a token is called: its text so that all of it is seen, its bytes where it has no text of its own, the
 * black square where it ends the turn.
 *
 * @param {Step} step
 * @param {boolean} ended
 */
export function word(step, ended) {
  if (ended) return END;
  const listed = step.top.find(([id]) => id === step.id)?.[1];
  return visible(step.text || listed || "") || "no text of its own";
}
