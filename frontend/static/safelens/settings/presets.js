import { element } from "../page/element.js";
import { find } from "../page/find.js";
import { sendJson } from "../page/send.js";

const ADDRESS = "/presets/";

/** @typedef {{ name: string, values: Record<string, string> }} Preset */

/** Settings under names: chosen, kept, overwritten, deleted. They are the account's, in every browser. */
export class Presets {
  #choice = find("preset", HTMLSelectElement);
  #name = find("preset-name", HTMLInputElement);
  #keep = find("keep-preset", HTMLButtonElement);
  #delete = find("delete-preset", HTMLButtonElement);
  #wrong = find("preset-wrong", HTMLElement);
  #said = find("preset-said", HTMLElement);
  /** @type {Preset[]} */ #presets = [];
  #asked = false;

  /**
   * @param {() => Record<string, string>} read what stands in the form
   * @param {(values: Record<string, string>) => void} write
   */
  constructor(read, write) {
    this.read = read;
    this.write = write;
    this.#choice.addEventListener("change", () => this.#use());
    this.#keep.addEventListener("click", () => this.#save());
    this.#delete.addEventListener("click", () => this.#remove());
    this.#name.addEventListener("input", () => this.#settle());
    this.#name.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      void this.#save();
    });
  }

  /** The dialog was opened. */
  async load() {
    if (this.#asked) return;
    this.#asked = true;
    if (!(await this.#ask("GET"))) this.#asked = false;
  }

  #use() {
    const preset = this.#presets.find(({ name }) => name === this.#choice.value);
    this.#name.value = preset?.name ?? "";
    this.#settle();
    if (!preset) return;
    this.write(preset.values);
    this.#said.textContent = `These are the settings of “${preset.name}”.`;
  }

  async #save() {
    const name = this.#name.value.trim();
    if (!name) {
      this.#tell("Give the preset a name first.");
      this.#name.focus();
      return;
    }
    if (!(await this.#ask("POST", { name, values: this.read() }))) return;
    this.#choice.value = name.replace(/\s+/g, " ");
    this.#settle();
    this.#said.textContent = `Kept as “${name}”.`;
  }

  async #remove() {
    const name = this.#choice.value;
    if (!name || !(await this.#ask("DELETE", { name }))) return;
    this.#name.value = "";
    this.#settle();
    this.#said.textContent = `“${name}” is deleted.`;
    this.#choice.focus();
  }

  /** @param {string} method @param {object} [body] @returns {Promise<boolean>} */
  async #ask(method, body) {
    this.#tell("");
    this.#said.textContent = "";
    try {
      this.#presets = (await sendJson(ADDRESS, method, body)).presets;
    } catch (problem) {
      this.#tell(problem instanceof Error ? problem.message : "");
      return false;
    }
    const chosen = this.#choice.value;
    const names = this.#presets.map(({ name }) => element("option", { value: name }, name));
    this.#choice.replaceChildren(element("option", { value: "" }, "None"), ...names);
    this.#choice.value = this.#presets.some(({ name }) => name === chosen) ? chosen : "";
    this.#settle();
    return true;
  }

  #settle() {
    const exists = this.#presets.some(({ name }) => name === this.#name.value.trim());
    this.#keep.textContent = exists ? "Overwrite" : "Keep";
    this.#delete.disabled = !this.#choice.value;
  }

  /** @param {string} sentence */
  #tell(sentence) {
    this.#wrong.textContent = sentence;
    if (sentence) this.#name.setAttribute("aria-invalid", "true");
    else this.#name.removeAttribute("aria-invalid");
  }
}
