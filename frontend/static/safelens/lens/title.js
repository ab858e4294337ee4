/** @import { Store } from "../study/store.js" */
import { element } from "../page/element.js";
import { find } from "../page/find.js";
import { send } from "../page/send.js";

const LONGEST = 200; // characters

/** The study's title above the conversation, which its owner changes in its place. */
export class Title {
  #heading = find("study-title", HTMLElement);
  #button = find("rename", HTMLButtonElement);
  /** @type {HTMLFormElement | null} */ #form = null;

  /** @param {Store} store @param {(sentence: string) => void} fail */
  constructor(store, fail) {
    this.store = store;
    this.fail = fail;
    this.#button.addEventListener("click", () => this.#edit());
    // The list beside it has renamed a study.
    document.body.addEventListener("study-changed", (event) => {
      const { id, title } = /** @type {CustomEvent<{ id: string, title: string }>} */ (event).detail;
      if (id === this.store.id) this.show(title);
    });
  }

  /** @param {string} title */
  show(title) {
    this.store.title = title;
    this.#heading.textContent = title;
    document.title = `${title} · SafeLens`;
    this.#button.hidden = !this.store.id;
  }

  /** A study is open now. */
  settle() {
    if (this.#button.hidden && this.store.id && !this.#form) this.#button.hidden = false;
  }

  #edit() {
    const before = this.store.title || (this.#heading.textContent ?? "");
    const input = element("input", {
      name: "title", maxlength: String(LONGEST), dir: "auto", autocomplete: "off", "aria-label": "Title of this study",
    });
    input.value = before;
    const form = element("form", { class: "title-form" }, input, element("button", { type: "submit", class: "quiet small" }, "Rename"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#rename(input.value.trim(), before);
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#close();
    });
    this.#form = form;
    this.#heading.classList.add("unseen"); // the page keeps its heading
    this.#button.hidden = true;
    this.#heading.after(form);
    input.select();
  }

  /** @param {string} title @param {string} before */
  async #rename(title, before) {
    if (!title || title === before) return this.#close();
    try {
      const answer = await send(`/studies/${encodeURIComponent(this.store.id)}/rename/`, { title });
      this.show(answer?.title ?? title);
      this.#close();
      htmx.trigger(find("study-list", HTMLElement), "refresh");
    } catch (problem) {
      this.fail(problem instanceof Error ? problem.message : "");
    }
  }

  #close() {
    this.#form?.remove();
    this.#form = null;
    this.#heading.classList.remove("unseen");
    this.#button.hidden = false;
    this.#button.focus();
  }
}
