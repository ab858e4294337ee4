import { find } from "../page/find.js";

/** The small field in the popover in which the text is written from a token on. */
export class Editor {
  #form = find("popover-editor", HTMLFormElement);
  #text = find("popover-text", HTMLTextAreaElement);
  #actions = find("popover-actions", HTMLElement);

  /** @param {(text: string) => void} onText never an empty one */
  constructor(onText) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#text.value) onText(this.#text.value);
      else this.#text.focus();
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    find("popover-editor-cancel", HTMLButtonElement).addEventListener("click", () => this.close());
  }

  get isOpen() {
    return !this.#form.hidden;
  }

  /** @param {string} text what stands there */
  open(text) {
    this.#arrange(true);
    this.#text.value = text;
    this.#text.focus();
    this.#text.select();
    this.#form.scrollIntoView({ block: "nearest" });
  }

  close() {
    if (!this.isOpen) return;
    const inside = this.#form.contains(document.activeElement);
    this.#arrange(false);
    if (inside) find("popover-edit", HTMLButtonElement).focus();
  }

  /** @param {boolean} open */
  #arrange(open) {
    this.#form.hidden = !open;
    this.#actions.hidden = open;
  }
}
