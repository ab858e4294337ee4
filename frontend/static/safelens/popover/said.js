/** @import { Given, Settings } from "../stream/protocol.d.ts" */
import { FIELDS } from "../settings/settings.js";

const ORDER = ["temperature", "k", "top_p", "min_p"];

/**
 * Settings in words: "temperature 0.7, top-k 30".
 *
 * @param {Partial<Settings> | Given} settings
 * @param {string[]} [names] which of them, and in which order
 */
export function said(settings, names = ORDER) {
  const values = /** @type {Record<string, unknown>} */ (settings);
  return names
    .filter((name) => values[name] !== undefined)
    .map((name) => `${label(name)} ${shown(values[name])}`)
    .join(", ");
}

/** @param {string} name */
function label(name) {
  return (FIELDS[name]?.label ?? name.replace(/_/g, " ")).toLowerCase();
}

/** @param {unknown} value */
function shown(value) {
  if (value === null) return "left to the site";
  return typeof value === "boolean" ? (value ? "on" : "off") : String(value);
}
