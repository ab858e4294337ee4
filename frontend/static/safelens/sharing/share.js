/** @import { Store } from "../study/store.js" */
import { find } from "../page/find.js";

/** The dialog that makes links: what stands in it is the site's own form, fetched when it is opened. */
export class Share {
  #dialog = find("share-dialog", HTMLDialogElement);
  #button = find("open-share", HTMLButtonElement);

  /** @param {Store} store @param {(sentence: string) => void} fail */
  constructor(store, fail) {
    this.store = store;
    this.fail = fail;
    this.#button.addEventListener("click", () => this.#open());
    find("close-share", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
  }

  /** A study is open now. */
  settle() {
    if (this.store.id) this.#button.hidden = false;
  }

  async #open() {
    const last = this.store.path().at(-1)?.run;
    const run = last?.status === "finished" ? last.id : "";
    const address = `/studies/${encodeURIComponent(this.store.id)}/share/?run=${encodeURIComponent(run)}`;
    const body = find("share-body", HTMLElement);
    body.replaceChildren();
    await htmx.ajax("GET", address, { target: body, swap: "innerHTML" });
    if (!body.firstElementChild) {
      this.fail("The site doesn't answer; try again.");
      return;
    }
    this.#dialog.showModal();
  }
}
