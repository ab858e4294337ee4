/**
 * A tablist as ARIA describes it: one tab stop, arrows, Home and End move and choose. A tab's name is the end of
 * its id: `tab-tree` has the panel `panel-tree`.
 */
export class Tabs {
  /** @type {Set<(name: string) => void>} told which tab is shown, when it changes */ listeners = new Set();
  /** @type {HTMLButtonElement[]} */ #tabs;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#tabs = [...list.querySelectorAll("button")];
    list.addEventListener("click", (event) => {
      const tab = event.target instanceof Element ? event.target.closest("button") : null;
      if (tab) this.show(nameOf(tab));
    });
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  get shown() {
    const tab = this.#tabs.find((one) => one.getAttribute("aria-selected") === "true");
    return tab ? nameOf(tab) : "";
  }

  /** @param {string} name */
  show(name) {
    if (name === this.shown || !this.#tabs.some((tab) => nameOf(tab) === name)) return;
    for (const tab of this.#tabs) {
      const chosen = nameOf(tab) === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      const panel = document.getElementById(`panel-${nameOf(tab)}`);
      if (panel) panel.hidden = !chosen;
    }
    for (const listener of this.listeners) listener(name);
  }

  focus() {
    this.#tabs.find((tab) => tab.tabIndex === 0)?.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const at = this.#tabs.findIndex((tab) => tab === event.target);
    const count = this.#tabs.length;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + count, Home: 0, End: count - 1 }[event.key];
    const tab = at < 0 || to === undefined ? undefined : this.#tabs[to % count];
    if (!tab) return;
    event.preventDefault();
    this.show(nameOf(tab));
    tab.focus();
  }
}

/** @param {HTMLElement} tab */
function nameOf(tab) {
  return tab.id.replace(/^tab-/, "");
}
