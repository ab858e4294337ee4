import { csrf } from "../page/csrf.js";

/** What htmx can't know: the form's token may be stale, and a request that failed must be told beside the list. */

const SENTENCES = new Map([
  [403, "You have logged in or out in another window: load the page again."],
  [404, "It isn't there any more: it was deleted."],
]);
const AWAY = "The site doesn't answer; try again.";

/** @param {string} sentence */
function tell(sentence) {
  const place = document.getElementById("list-wrong");
  if (place && place.textContent !== sentence) place.textContent = sentence;
}

document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, verb } = /** @type {CustomEvent<any>} */ (event).detail;
  if (verb !== "get") parameters["csrfmiddlewaretoken"] = csrf();
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { successful, xhr } = /** @type {CustomEvent<any>} */ (event).detail;
  tell(successful ? "" : (SENTENCES.get(xhr?.status) ?? AWAY));
});
