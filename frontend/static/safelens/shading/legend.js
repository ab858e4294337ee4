/** @import { Display, Name } from "./display.js" */
/** @import { Shading } from "./shading.js" */
import { borders } from "./borders.js";
import { element } from "../page/element.js";
import { find } from "../page/find.js";

/** @type {Record<string, string>} */
const SENTENCES = {
  probability: "How probable each token was to the model",
  surprisal: "How surprising each token was to the model",
  entropy: "How open the choice was at each token",
  rank: "The token’s place among all that the model knows",
  guard: "The guard’s score of the text before each token",
  none: "Tokens aren’t coloured",
};

/** What the tints mean, as they stand now, and the choices of how tokens are shown. */
export class Legend {
  #place = find("legend", HTMLElement);
  #sentence = find("legend-sentence", HTMLElement);
  #strip = find("legend-strip", HTMLUListElement);
  #low = find("legend-low", HTMLElement);
  #drawn = "";

  /** @param {Display} display @param {Shading} shading */
  constructor(display, shading) {
    this.display = display;
    this.shading = shading;
    for (const select of this.#place.querySelectorAll("select")) {
      const name = /** @type {Name} */ (select.name);
      select.value = display.get(name);
      select.addEventListener("change", () => display.set(name, select.value));
    }
    const sheet = find("legend-more", HTMLDetailsElement);
    document.addEventListener("pointerdown", (event) => {
      if (event.target instanceof Node && !sheet.contains(event.target)) sheet.open = false;
    });
    sheet.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !sheet.open) return;
      event.preventDefault();
      sheet.open = false;
      sheet.querySelector("summary")?.focus();
    });
    this.show();
  }

  show() {
    const mode = this.display.get("mode");
    const words = borders(mode, this.shading.cuts);
    const drawn = [mode, ...words].join("|");
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#sentence.textContent = SENTENCES[mode] ?? "";
    const tints = words.map((word, level) => element("li", { class: level ? `t${level}` : "", hidden: !word }, word));
    this.#strip.replaceChildren(...tints);
    this.#strip.hidden = words.length === 0;
    this.#low.hidden = mode === "none";
    find("display-scale", HTMLSelectElement).disabled = mode === "rank" || mode === "none";
  }
}
