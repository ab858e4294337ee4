/** @import { Step } from "../stream/protocol.d.ts" */

const LONGEST = 16; // tokens: byte by byte, no character that a reader sees as one is longer

/**
 * The tokens that together make the character of token `i`: those whose bytes were held back, and the one that
 * completed it. The token alone, where it has text of its own.
 *
 * @param {Step[]} steps
 * @param {number} i
 * @returns {Step[]}
 */
export function pieces(steps, i) {
  let last = i;
  while (last - i < LONGEST && last + 1 < steps.length && isHeld(steps[last])) last++;
  const end = steps[last];
  if (!end || isHeld(end)) return steps.slice(i, i + 1);
  let first = last;
  while (last - first < LONGEST && isHeld(steps[first - 1])) first--;
  return steps.slice(first, last + 1);
}

/** A step that was withdrawn says nothing too, but is part of nothing. @param {Step | undefined} step */
function isHeld(step) {
  return step !== undefined && step.text === "" && step.id >= 0;
}
