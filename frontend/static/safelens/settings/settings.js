/** @import { Given, Settings } from "../stream/protocol.d.ts" */

/**
 * @typedef {object} Field
 * @property {string} label
 * @property {number} [low]
 * @property {number} [high]
 * @property {boolean} [above] `low` itself is too little
 * @property {boolean} [whole]
 * @property {boolean} [empty] may be left empty
 */

/** What a person sets, by the socket's names. @type {Readonly<Record<string, Field>>} */
export const FIELDS = {
  max_new_tokens: { label: "Max new tokens", low: 1, high: 4096, whole: true },
  temperature: { label: "Temperature", low: 0, high: 10 },
  k: { label: "Top-k", low: 1, high: 50, whole: true },
  top_p: { label: "Top-p", low: 0, high: 1, above: true },
  min_p: { label: "Min-p", low: 0, high: 1 },
  delay: { label: "Delay", low: 0, high: 2 },
  tau: { label: "Tau", low: 0, high: 1, empty: true },
  seed: { label: "Random seed", low: 0, high: Number.MAX_SAFE_INTEGER, whole: true, empty: true },
};

/**
 * What is wrong with what was typed, as one sentence; empty for nothing.
 *
 * @param {string} name
 * @param {string} text
 */
export function wrong(name, text) {
  const field = FIELDS[name];
  if (!field || (field.empty && !text.trim())) return "";
  const { low = -Infinity, high = Infinity, above = false, whole = false } = field;
  const value = Number(text.trim() || NaN);
  const fits = (whole ? Number.isInteger(value) : Number.isFinite(value)) && value <= high;
  if (fits && (above ? value > low : value >= low)) return "";
  const kind = whole ? "a whole number" : "a number";
  return above
    ? `${field.label} must be ${kind} above ${low}, at most ${high}.`
    : `${field.label} must be ${kind} from ${low} to ${high}.`;
}

/**
 * The settings to send. Throws a RangeError with the first sentence where something is wrong.
 *
 * @param {Record<string, string>} typed by the socket's names
 * @returns {Given}
 */
export function given(typed) {
  /** @type {Record<string, number | string | boolean | null>} */
  const settings = {};
  for (const [name, field] of Object.entries(FIELDS)) {
    const text = typed[name] ?? "";
    const sentence = wrong(name, text);
    if (sentence) throw new RangeError(sentence);
    if (text.trim()) settings[name] = Number(text);
    else if (!field.empty) throw new RangeError(`${field.label} is missing.`);
  }
  if (typed["prefix"]) settings["prefix"] = typed["prefix"];
  if (typed["model"]) settings["model"] = typed["model"];
  // Untouched, the site's policy decides.
  if (typed["guard"]) settings["guard"] = typed["guard"] === "on";
  return /** @type {Partial<Settings>} */ (settings);
}
