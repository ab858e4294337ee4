/** @import { Line } from "../study/study.d.ts" */
/** @import { State } from "./socket.js" */
import { find } from "../page/find.js";

const DOTS = new Set(["ready", "streaming", "offline", "connecting"]);

/** The dot with its word, the thin bar of a broken connection, and what is said aloud. */
export class Status {
  /** @type {{ state: State, code: number }} */ connection = { state: "connecting", code: 0 };
  /** what keeps the model from answering, e.g. `loading 40 %` */ loading = "";
  #dot = find("dot", HTMLElement);
  #word = find("state-word", HTMLElement);
  #bar = find("connection", HTMLElement);

  /** Quietly, for those who listen. @param {string} sentence */
  say(sentence) {
    find("said", HTMLElement).textContent = sentence;
  }

  /** At once, beside the input. @param {string} sentence */
  fail(sentence) {
    find("failure", HTMLElement).textContent = sentence;
  }

  /** @param {Line | undefined} run the one at the end of what is shown */
  show(run) {
    const word = this.#wordFor(run);
    if (this.#word.textContent !== word) {
      this.#word.textContent = word;
      this.#dot.dataset["state"] = DOTS.has(word) ? word : "waiting";
      this.#dot.setAttribute("aria-label", word);
    }
    const sentence = this.#sentence();
    const place = find("connection-sentence", HTMLElement);
    if (place.textContent !== sentence) place.textContent = sentence;
    this.#bar.hidden = !sentence;
    find("log-in-again", HTMLElement).hidden = this.connection.code !== 4401;
  }

  /** @param {Line | undefined} run */
  #wordFor(run) {
    if (this.connection.state === "refused") return "offline";
    if (this.connection.state !== "open") return "connecting";
    if (!run || run.status === "finished") return this.loading || "ready";
    if (run.status === "running") return "streaming";
    return run.position > 1 ? `${run.position - 1} before you` : this.loading || "waiting";
  }

  #sentence() {
    const { state, code } = this.connection;
    if (state === "refused") {
      return code === 4401 ? "You are logged out." : "This address isn't the site's own: open the site by its own address.";
    }
    if (state !== "waiting") return "";
    return code === 4429
      ? "You have too many windows open: close one. Trying again …"
      : "The connection broke. Trying again …";
  }
}
