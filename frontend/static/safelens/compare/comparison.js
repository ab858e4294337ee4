/** @import { Step } from "../stream/protocol.d.ts" */
/** @import { Line } from "../study/study.d.ts" */
/** @import { Hunk } from "./diff.js" */
import { diff } from "./diff.js";

/**
 * @typedef {object} Comparison
 * @property {Step[]} a what is left of the text: nothing that was withdrawn
 * @property {Step[]} b
 * @property {Hunk[]} hunks
 * @property {{ at: number, a: Step | null, b: Step | null, otherInA: number | null, otherInB: number | null } | null} parting
 *   the first difference, with the probability that each path gave the other's token there; null: not in its list
 * @property {[string, string, string][]} settings that differ: name, in a, in b
 */

/**
 * Two answers, token by token. Ids of different models mean nothing to each other: then their texts are compared.
 *
 * @param {Line} one
 * @param {Line} other
 * @returns {Comparison}
 */
export function comparison(one, other) {
  const [a, b] = [written(one), written(other)];
  const isSameModel = one.settings.model === other.settings.model;
  const key = (/** @type {Step} */ step) => (isSameModel ? step.id : step.text);
  const hunks = diff(a.map(key), b.map(key));
  return { a, b, hunks, parting: parting(a, b, hunks, isSameModel), settings: differing(one.settings, other.settings) };
}

/** The mean probability of tokens, in the geometric sense; null of none. @param {Step[]} steps */
export function meanProbability(steps) {
  return steps.length ? Math.exp(steps.reduce((sum, step) => sum + step.logprob, 0) / steps.length) : null;
}

/** @param {Line} run */
function written(run) {
  return run.steps.filter(({ i }) => !run.retracted.some(({ from, to }) => from <= i && i <= to));
}

/** @param {Step[]} a @param {Step[]} b @param {Hunk[]} hunks @param {boolean} isSameModel */
function parting(a, b, hunks, isSameModel) {
  const first = hunks.find((hunk) => !hunk.same);
  if (!first) return null;
  const [mine, its] = [a[first.a[0]] ?? null, b[first.b[0]] ?? null];
  /** @param {Step | null} on @param {Step | null} of */
  const share = (on, of) => {
    const found = isSameModel && on && of ? on.top.find(([id]) => id === of.id) : undefined;
    return found ? Math.exp(found[2]) : null;
  };
  return { at: first.a[0], a: mine, b: its, otherInA: share(mine, its), otherInB: share(its, mine) };
}

/** @param {Record<string, unknown>} a @param {Record<string, unknown>} b @returns {[string, string, string][]} */
function differing(a, b) {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => name !== "prefix");
  return names.flatMap((name) =>
    a[name] === b[name] ? [] : [/** @type {[string, string, string]} */ ([name, said(a[name]), said(b[name])])],
  );
}

/** @param {unknown} value */
function said(value) {
  if (value === true) return "on";
  if (value === false) return "off";
  return value === null || value === undefined ? "as the site says" : String(value);
}
