import { find } from "../page/find.js";

const PAUSE = 3000; // milliseconds between two looks at a model that isn't ready

/** How the model stands: asked for once the page is there, and then until it is ready. */
export class ModelState {
  #line = find("model-state", HTMLElement);
  #word = find("model-word", HTMLElement);

  start() {
    void this.#look();
  }

  async #look() {
    try {
      const answer = await fetch(this.#line.dataset["address"] ?? "", { headers: { Accept: "application/json" } });
      const { state } = await answer.json();
      if (this.#word.textContent !== state) this.#word.textContent = state;
      this.#line.querySelector(".dot")?.setAttribute("data-state", state === "ready" ? "ready" : "waiting");
    } catch {
      // The site is away: what it said last stands, and it is asked again.
    }
    if (this.#word.textContent !== "ready") setTimeout(() => void this.#look(), PAUSE);
  }
}
