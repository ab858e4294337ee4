/** @import { Given } from "../stream/protocol.d.ts" */
import { element } from "../page/element.js";
import { find } from "../page/find.js";
import { Presets } from "./presets.js";
import { given, wrong } from "./settings.js";

const KEPT = "safelens settings";

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control */

/** The settings: a dialog whose wrong values are told beside their fields. Kept in this browser. */
export class Panel {
  #dialog = find("settings", HTMLDialogElement);
  #form = find("settings-form", HTMLFormElement);
  #guard = find("setting-guard", HTMLInputElement);
  #model = find("setting-model", HTMLSelectElement);
  #presets = new Presets(() => this.#typed(), (values) => this.#write(values));
  #guardTouched = false;

  constructor() {
    try {
      this.#fill(Object(JSON.parse(localStorage.getItem(KEPT) ?? "{}")));
    } catch {
      this.#form.reset();
    }
    find("open-settings", HTMLButtonElement).addEventListener("click", () => this.#open());
    find("close-settings", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    find("reset-settings", HTMLButtonElement).addEventListener("click", () => {
      this.#form.reset();
      this.#guardTouched = false;
      this.#changed();
    });
    this.#guard.addEventListener("change", () => {
      this.#guardTouched = this.#guard.checked || this.#guard.dataset["site"] === "on";
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

  /** What can be chosen, the default first. @param {string[]} models */
  offer(models) {
    const chosen = this.#model.value || this.#model.dataset["kept"] || "";
    const first = models[0] ?? "";
    this.#model.replaceChildren(
      element("option", { value: "" }, first ? `${first} (the default)` : "The site’s default"),
      ...models.slice(1).map((name) => element("option", { value: name }, name)),
    );
    this.#model.value = models.includes(chosen) ? chosen : "";
    if (this.#model.selectedIndex < 0) this.#model.value = "";
    this.#changed();
  }

  /** What to send; null where something is wrong, and then the panel is open at the field. @returns {Given | null} */
  settings() {
    const settings = this.valid();
    if (settings) return settings;
    this.#open();
    this.#controls().find((control) => control.getAttribute("aria-invalid") === "true")?.focus();
    return null;
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
    const control = name === "guard" ? this.#guard : this.#controls().find((one) => one.name === name);
    if (!control) return false;
    this.#open();
    this.#tell(control, sentence);
    control.focus();
    return true;
  }

  #open() {
    if (this.#dialog.open) return;
    this.#dialog.showModal();
    void this.#presets.load();
  }

  #changed() {
    for (const control of this.#controls()) this.#tell(control, wrong(control.name, control.value));
    this.#tell(this.#guard, "");
    document.documentElement.classList.toggle("plain-text", !this.uncertainty);
    try {
      localStorage.setItem(KEPT, JSON.stringify({ ...this.#typed(), uncertainty: this.uncertainty }));
    } catch {
      // A browser that keeps nothing has the settings until the page is left.
    }
  }

  /**
   * @param {Control} control
   * @param {string} sentence
   */
  #tell(control, sentence) {
    const place = find(`${control.id}-wrong`, HTMLElement);
    if (place.textContent !== sentence) place.textContent = sentence;
    if (sentence) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }

  /** Of a preset: what it doesn't name is as it was at first. @param {Record<string, string>} values */
  #write(values) {
    const uncertainty = this.uncertainty;
    this.#form.querySelectorAll("[name]").forEach((one) => {
      if (one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement) one.value = one.defaultValue;
    });
    this.#model.value = "";
    this.#fill({ ...values, uncertainty });
    this.#changed();
  }

  /** @param {Record<string, unknown>} kept */
  #fill(kept) {
    for (const control of this.#controls()) {
      const value = kept[control.name];
      if (typeof value === "string") control.value = value;
    }
    // Models are named by the server, later.
    this.#model.dataset["kept"] = String(kept["model"] ?? "");
    if (this.#model.selectedIndex < 0) this.#model.value = "";
    // Where the site keeps it on, nothing is chosen.
    this.#guardTouched = !this.#guard.disabled && (kept["guard"] === "on" || kept["guard"] === "off");
    this.#guard.checked = this.#guardTouched ? kept["guard"] === "on" : this.#guard.defaultChecked;
    this.#box.checked = kept["uncertainty"] !== false;
  }

  /** @returns {Record<string, string>} */
  #typed() {
    const typed = Object.fromEntries(this.#controls().map((control) => [control.name, control.value]));
    const model = this.#model.value || (this.#model.options.length < 2 ? this.#model.dataset["kept"] : "") || "";
    const guard = this.#guardTouched ? (this.#guard.checked ? "on" : "off") : "";
    return { ...typed, model, guard };
  }

  get #box() {
    return find("setting-uncertainty", HTMLInputElement);
  }

  /** @returns {Control[]} those whose names are the socket's */
  #controls() {
    /** @type {NodeListOf<Control>} */
    const named = this.#form.querySelectorAll("input[name], textarea[name], select[name]");
    return [...named];
  }
}
