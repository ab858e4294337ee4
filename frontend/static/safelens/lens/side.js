import { find } from "../page/find.js";
import { Tabs } from "./tabs.js";

const KEPT = "safelens side";
const OVER = "(max-width: 1200px)"; // there the panel lies over the page, as a drawer

/**
 * The panel on the right: the chosen token, and the tabs Tree, Guard and Compare.
 *
 * On a wide screen it is a column, open or closed as it was left. On a narrow one it is a drawer: whatever it
 * lies over can't be reached until it is closed, by its button, by Esc or by a tap outside; then the focus is
 * where it was before.
 */
export class Side {
  #side = find("side", HTMLElement);
  #toggle = find("toggle-side", HTMLButtonElement);
  #over = matchMedia(OVER);
  /** @type {Element | null} */ #before = null;
  tabs = new Tabs(find("side-tabs", HTMLElement));
  /** @type {Set<() => void>} told when another part of it can be seen */ listeners = new Set();

  constructor() {
    this.#toggle.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    find("close-side", HTMLButtonElement).addEventListener("click", () => this.close());
    find("widen-side", HTMLButtonElement).addEventListener("click", (event) => {
      const wide = document.documentElement.classList.toggle("wide-side");
      /** @type {HTMLElement} */ (event.currentTarget).setAttribute("aria-pressed", String(wide));
    });
    this.#side.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || !this.#over.matches) return;
      event.preventDefault();
      this.close();
    });
    document.addEventListener("pointerdown", (event) => {
      const target = event.target instanceof Element ? event.target : null;
      if (this.isDrawer && target && !target.closest("#side, dialog, .popover")) this.close();
    });
    this.#over.addEventListener("change", () => this.#arrange(!this.#over.matches && kept()));
    this.tabs.listeners.add(() => this.#tell());
    this.#arrange(!this.#over.matches && kept());
  }

  get isOpen() {
    return !this.#side.hidden;
  }

  get isDrawer() {
    return this.isOpen && this.#over.matches;
  }

  /** @param {string} [tab] the one to show, by its name */
  open(tab) {
    if (tab) this.tabs.show(tab);
    if (this.isOpen) return;
    this.#before = document.activeElement;
    this.#arrange(true);
    if (this.#over.matches) this.tabs.focus();
    else keep(true);
  }

  /** Something to look at: beside the text at once, in a drawer for whoever opens it. @param {string} tab */
  offer(tab) {
    if (this.#over.matches) this.tabs.show(tab);
    else this.open(tab);
  }

  close() {
    if (!this.isOpen) return;
    const hadFocus = this.#side.contains(document.activeElement);
    if (!this.#over.matches) keep(false);
    this.#arrange(false);
    if (!hadFocus) return;
    const back = this.#before instanceof HTMLElement && this.#before.isConnected ? this.#before : this.#toggle;
    back.focus();
  }

  /** @param {boolean} open */
  #arrange(open) {
    this.#side.hidden = !open;
    this.#toggle.setAttribute("aria-expanded", String(open));
    document.documentElement.classList.toggle("side-open", open);
    for (const one of document.querySelectorAll("header.bar, .lens-grid > :not(#side)")) {
      one.toggleAttribute("inert", this.isDrawer);
    }
    this.#tell();
  }

  #tell() {
    for (const listener of this.listeners) listener();
  }
}

function kept() {
  try {
    return localStorage.getItem(KEPT) !== "closed";
  } catch {
    return true;
  }
}

/** @param {boolean} open */
function keep(open) {
  try {
    localStorage.setItem(KEPT, open ? "open" : "closed");
  } catch {
    // A browser that keeps nothing opens the panel each time.
  }
}
