import { csrf } from "./csrf.js";

const GONE = "It isn't there any more: it was deleted.";
const OFFLINE = "The site doesn't answer; try again.";

/**
 * Asks the site to change something, as a form of this page would. Throws an Error whose message is a sentence
 * for a person.
 *
 * @param {string} address
 * @param {Record<string, string>} fields of a form
 * @returns {Promise<any>}
 */
export async function send(address, fields) {
  return ask(address, "POST", new URLSearchParams(fields));
}

/**
 * The same with JSON.
 *
 * @param {string} address
 * @param {string} method
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function sendJson(address, method, body) {
  return ask(address, method, body === undefined ? null : JSON.stringify(body));
}

/** @param {string} address @param {string} method @param {string | URLSearchParams | null} body */
async function ask(address, method, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "X-CSRFToken": csrf() };
  if (typeof body === "string") headers["Content-Type"] = "application/json";
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(address, { method, headers, body });
  } catch {
    throw new Error(OFFLINE);
  }
  const said = await answer.json().catch(() => null);
  if (answer.ok && said !== null) return said;
  if (answer.redirected) throw new Error("You are logged out: log in again.");
  throw new Error(said?.error?.message ?? (answer.status === 404 ? GONE : OFFLINE));
}
