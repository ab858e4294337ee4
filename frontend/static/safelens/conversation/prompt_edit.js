/** @import { Store } from "../study/store.js" */
/** @import { TurnOutline } from "../study/study.d.ts" */
import { element } from "../page/element.js";

/** A question asked otherwise, in its own place: the new one stands beside the old one, which stays. */
export class PromptEdit {
  /** @type {{ form: HTMLFormElement, head: HTMLElement, turn: string } | null} */ #open = null;

  /**
   * @param {HTMLElement} transcript whose buttons with `data-edit` name the turns
   * @param {Store} store
   * @param {(turn: TurnOutline, prompt: string) => Promise<boolean>} onSend whether it was sent
   */
  constructor(transcript, store, onSend) {
    this.store = store;
    this.onSend = onSend;
    transcript.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-edit]") : null;
      const head = button?.closest(".turn-head");
      const turn = this.store.turns.get(button?.getAttribute("data-edit") ?? "");
      if (turn && head instanceof HTMLElement) this.#begin(turn, head);
    });
  }

  close() {
    if (!this.#open) return;
    const { form, head } = this.#open;
    const hadFocus = form.contains(document.activeElement);
    form.remove();
    head.hidden = false;
    this.#open = null;
    if (hadFocus) head.querySelector("button")?.focus();
  }

  /** What it stands in for may show another question by now. */
  settle() {
    const open = this.#open;
    if (open && (!open.head.isConnected || open.head.querySelector("[data-edit]")?.getAttribute("data-edit") !== open.turn)) this.close();
  }

  /** @param {TurnOutline} turn @param {HTMLElement} head */
  #begin(turn, head) {
    this.close();
    const text = element("textarea", { rows: "3", maxlength: "10000", "aria-label": "The question, asked otherwise" });
    text.value = turn.text;
    const cancel = element("button", { type: "button", class: "quiet small" }, "Leave it");
    const form = element("form", { class: "prompt-edit" }, text, element("button", { type: "submit", class: "small" }, "Ask"), cancel);
    cancel.addEventListener("click", () => this.close());
    const send = async () => {
      if (text.value.trim() && (await this.onSend(turn, text.value))) this.close();
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void send();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void send();
    });
    head.hidden = true;
    head.after(form);
    this.#open = { form, head, turn: turn.id };
    text.focus();
  }
}
