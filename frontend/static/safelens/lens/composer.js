import { find } from "../page/find.js";

/** The input: Enter sends, Shift+Enter breaks the line; while an answer comes, its button stops it. */
export class Composer {
  #text = find("prompt", HTMLTextAreaElement);
  #button = find("send", HTMLButtonElement);
  #stops = false;

  /**
   * @param {(prompt: string) => void} onSend
   * @param {() => void} onStop
   */
  constructor(onSend, onStop) {
    this.#text.addEventListener("input", () => this.#grow());
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send(onSend);
    });
    find("composer", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#stops) onStop();
      else this.#send(onSend);
    });
  }

  /** @param {boolean} stops whether an answer is on its way */
  set streaming(stops) {
    if (stops === this.#stops) return;
    this.#stops = stops;
    this.#button.textContent = stops ? "Stop" : "Send";
    this.#button.classList.toggle("quiet", stops);
  }

  /** @param {string} text */
  fill(text) {
    this.#text.value = text;
    this.#grow();
  }

  focus() {
    this.#text.focus();
  }

  /** A question that was asked before there was this page: sent once, when it can be. */
  first() {
    if (this.#text.dataset["asks"] === undefined) return "";
    delete this.#text.dataset["asks"];
    return this.#text.value;
  }

  /** @param {(prompt: string) => void} onSend */
  #send(onSend) {
    const prompt = this.#text.value;
    if (this.#stops || !prompt.trim()) return;
    onSend(prompt);
  }

  #grow() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight + 2}px`;
  }
}
