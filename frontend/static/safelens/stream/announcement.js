/** @import { ServerMessage } from "./protocol.d.ts" */
import { significant } from "../page/numbers.js";

/**
 * What of the socket's messages is said to those who listen: start, end, and what the guard does. Empty for all
 * else; tokens are never read out as they come.
 *
 * @param {ServerMessage} message
 */
export function announcement(message) {
  switch (message.type) {
    case "started":
      return "The answer begins.";
    case "finished":
      return `The answer has ended: ${message.steps} tokens.`;
    case "nudge":
      return `The guard stepped in at token ${message.at + 1}: score ${significant(message.score)}, threshold ${significant(message.tau)}.`;
    case "retract":
      return `The guard withdrew ${message.to - message.from + 1} tokens.`;
    case "verdict":
      return `The guard ${message.guard} says: ${message.label}, score ${significant(message.score)}.`;
    default:
      return "";
  }
}
