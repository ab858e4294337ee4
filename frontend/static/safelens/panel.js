/** @import { Given } from "./protocol.d.ts" */
import { find } from "./find.js";
import { FIELDS, given, wrong } from "./settings.js";

const KEPT = "safelens settings";

/** The settings: a dialog whose wrong values are told beside their fields. Kept in this browser. */
export class Panel {
  #dialog = find("settings", HTMLDialogElement);
  #form = find("settings-form", HTMLFormElement);

  constructor() {
    this.#restore();
    find("open-settings", HTMLButtonElement).addEventListener("click", () => this.#dialog.showModal());
    find("close-settings", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    find("reset-settings", HTMLButtonElement).addEventListener("click", () => {
      this.#form.reset();
      this.#changed();
    });
    this.#form.addEventListener("input", () => this.#changed());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#dialog.close();
    });
    this.#changed();
  }

  get system() {
    return this.#typed()["system"] ?? "";
  }

  get uncertainty() {
    return this.#box.checked;
  }

  /** What to send; null where something is wrong, and then the panel is open at the field. @returns {Given | null} */
  settings() {
    try {
      return given(this.#typed());
    } catch {
      this.#dialog.showModal();
      this.#inputs().find((input) => input.getAttribute("aria-invalid") === "true")?.focus();
      return null;
    }
  }

  /** What would be sent; null while something is wrong, and nobody is told. @returns {Given | null} */
  valid() {
    try {
      return given(this.#typed());
    } catch {
      return null;
    }
  }

  /**
   * What the server found wrong with a setting.
   *
   * @param {string} name
   * @param {string} sentence
   * @returns {boolean} whether there is such a field here
   */
  refuse(name, sentence) {
    const input = this.#inputs().find((one) => one.name === name);
    if (!input) return false;
    this.#tell(input, sentence);
    if (!this.#dialog.open) this.#dialog.showModal();
    input.focus();
    return true;
  }

  #changed() {
    for (const input of this.#inputs()) {
      if (input.name in FIELDS) this.#tell(input, wrong(input.name, input.value));
    }
    document.documentElement.classList.toggle("plain-text", !this.uncertainty);
    const kept = { ...this.#typed(), uncertainty: this.uncertainty };
    try {
      localStorage.setItem(KEPT, JSON.stringify(kept));
    } catch {
      // A browser that keeps nothing has the settings until the page is left.
    }
  }

  /**
   * @param {HTMLInputElement | HTMLTextAreaElement} input
   * @param {string} sentence
   */
  #tell(input, sentence) {
    const place = find(`${input.id}-wrong`, HTMLElement);
    if (place.textContent !== sentence) place.textContent = sentence;
    if (sentence) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  #restore() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
      for (const input of this.#inputs()) {
        if (typeof kept[input.name] === "string") input.value = kept[input.name];
      }
      this.#box.checked = kept.uncertainty !== false;
    } catch {
      this.#form.reset();
    }
  }

  #typed() {
    return Object.fromEntries(this.#inputs().map((input) => [input.name, input.value]));
  }

  get #box() {
    return find("setting-uncertainty", HTMLInputElement);
  }

  #inputs() {
    /** @type {NodeListOf<HTMLInputElement | HTMLTextAreaElement>} */
    const typed = this.#form.querySelectorAll("input[name], textarea[name]");
    return [...typed];
  }
}
