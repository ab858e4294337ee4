/** @import { Given } from "../stream/protocol.d.ts" */
/** @import { Shading } from "../shading/shading.js" */
/** @import { Store } from "../study/store.js" */
/** @import { Line, Passage } from "../study/study.d.ts" */
import { comparison } from "./comparison.js";
import { CompareText } from "./text.js";
import { element } from "../page/element.js";
import { find } from "../page/find.js";
import { percent } from "../page/numbers.js";
import { twin, wasGuarded } from "./twin.js";
import { visible } from "../tokens/visible.js";

const MOST = 200; // answers to choose from; any other is chosen in the tree

/** Two answers of a study against each other: A is the one that is shown unless another is chosen. */
export class Compare {
  #panel = find("panel-compare", HTMLElement);
  #a = find("compare-a", HTMLSelectElement);
  #b = find("compare-b", HTMLSelectElement);
  #asDiff = find("compare-diff", HTMLButtonElement);
  #guard = find("compare-guard", HTMLButtonElement);
  #body = find("compare-body", HTMLElement);
  /** @type {{ a: string, b: string }} chosen by a person; empty: what suggests itself */ #chosen = { a: "", b: "" };
  #drawn = "";
  #offered = "";

  /**
   * @param {Store} store
   * @param {Shading} shading
   * @param {{ need: (run: Line) => void, again: (run: string, at: number, settings: Given) => Promise<void>, redraw: () => void }} acts
   */
  constructor(store, shading, acts) {
    this.store = store;
    this.shading = shading;
    this.acts = acts;
    this.text = new CompareText(shading);
    this.#a.addEventListener("change", () => this.#choose({ ...this.#chosen, a: this.#a.value }));
    this.#b.addEventListener("change", () => this.#choose({ ...this.#chosen, b: this.#b.value }));
    find("compare-swap", HTMLButtonElement).addEventListener("click", () => this.#choose({ a: this.#b.value, b: this.#a.value }));
    for (const button of [this.#asDiff, find("compare-beside", HTMLButtonElement)]) {
      button.addEventListener("click", () => {
        this.#asDiff.setAttribute("aria-pressed", String(button === this.#asDiff));
        find("compare-beside", HTMLButtonElement).setAttribute("aria-pressed", String(button !== this.#asDiff));
        this.acts.redraw();
      });
    }
    this.#guard.addEventListener("click", () => void this.#switchGuard());
  }

  /** Against what is shown. @param {string} run */
  with(run) {
    const shown = this.store.path().find((passage) => passage.run.turn === this.store.runs.get(run)?.turn)?.run.id ?? "";
    this.#choose({ a: shown === run ? "" : shown, b: shown === run ? "" : run });
  }

  /** @param {Passage[]} path */
  show(path) {
    if (!this.#panel.offsetParent) return;
    const a = this.#pick(this.#chosen.a) ?? path.at(-1)?.run;
    const others = a ? this.store.answers(a.turn).filter((run) => run !== a.id) : [];
    const b = this.#pick(this.#chosen.b) ?? this.store.runs.get(this.store.latest(others) ?? "");
    const ready = Boolean(a && b && a !== b);
    find("compare-empty", HTMLElement).hidden = ready;
    for (const id of ["compare-choice", "compare-body"]) find(id, HTMLElement).hidden = !ready;
    if (a) this.#offerGuard(a);
    if (!a || !b || !ready) return;
    this.#offer(a, b);
    for (const run of [a, b]) this.acts.need(run);
    this.#draw(a, b);
  }

  /** @param {string} id */
  #pick(id) {
    const run = this.store.runs.get(id);
    return run && !run.deleted ? run : undefined;
  }

  /** @param {{ a: string, b: string }} chosen */
  #choose(chosen) {
    this.#chosen = chosen;
    this.acts.redraw();
  }

  /** @param {Line} a @param {Line} b */
  #offer(a, b) {
    const offered = [this.store.version, a.id, b.id].join(" ");
    if (offered === this.#offered) return;
    this.#offered = offered;
    const all = this.store.answers(a.turn);
    for (const [select, chosen] of /** @type {const} */ ([[this.#a, a], [this.#b, b]])) {
      const runs = [...new Set([chosen.id, ...all.slice(-MOST).reverse()])];
      select.replaceChildren(...runs.map((id) => element("option", { value: id, selected: id === chosen.id }, this.#name(id, all))));
    }
  }

  /** @param {string} id @param {string[]} all */
  #name(id, all) {
    const run = this.store.runs.get(id);
    const own = run?.steps.slice(run.at ?? 0).map((step) => step.text).join("") || run?.opening || "";
    const number = all.indexOf(id) + 1;
    return `${number ? `${number}: ` : ""}${visible(own.replace(/\s+/g, " ").trim().slice(0, 40)).replaceAll("␣", " ") || "no text yet"}`;
  }

  /** @param {Line} a @param {Line} b */
  #draw(a, b) {
    const isDiff = this.#asDiff.getAttribute("aria-pressed") === "true";
    // While they are being written, not at every token.
    const lengths = [a, b].map((run) => (run.status === "finished" ? `${run.steps.length}.` : run.steps.length >> 4));
    const drawn = [a.id, b.id, isDiff, this.shading.cuts, this.shading.display.get("mode"), a.retracted.length, b.retracted.length, ...lengths].join(" ");
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const found = comparison(a, b);
    const told = found.parting ? parted(found.parting) : ["Both say the same, token by token."];
    const list = element("dl", { class: "compare-settings" });
    for (const [name, mine, its] of found.settings) {
      list.append(element("div", {}, element("dt", {}, name.replaceAll("_", " ")), element("dd", {}, `A ${mine}, B ${its}`)));
    }
    const text = isDiff ? this.text.inOne(found) : this.text.sideBySide(found);
    this.#body.replaceChildren(
      element("p", { class: "compare-parting" }, ...told), list,
      element("div", { class: isDiff ? "compare-one" : "compare-two" }, ...text),
    );
  }

  /** @param {Line} run */
  #offerGuard(run) {
    const other = run.status === "finished" ? twin(run, this.#hasGuard()) : null;
    this.#guard.hidden = !other;
    this.#guard.textContent = other?.guard ? "Write A again with the guard" : "Write A again without the guard";
    this.#guard.dataset["run"] = run.id;
  }

  /** As the site says, or as another answer of this study shows. */
  #hasGuard() {
    return find("setting-guard", HTMLInputElement).dataset["site"] !== undefined || [...this.store.runs.values()].some(wasGuarded);
  }

  async #switchGuard() {
    const run = this.store.runs.get(this.#guard.dataset["run"] ?? "");
    const other = run && twin(run, this.#hasGuard());
    if (!run || !other) return;
    await this.acts.again(run.id, other.at, other.settings);
    const made = this.store.path().find((passage) => passage.run.turn === run.turn)?.run.id ?? "";
    if (made !== run.id) this.#choose({ a: run.id, b: made });
  }
}

/** @param {NonNullable<import("./comparison.js").Comparison["parting"]>} parting @returns {(Node | string)[]} */
function parted({ at, a, b, otherInA, otherInB }) {
  /** @param {string} name @param {import("../stream/protocol.d.ts").Step | null} step @param {number | null} other */
  const side = (name, step, other) => {
    if (!step) return [`${name} ends.`];
    const shares = `, ${percent(Math.exp(step.logprob))}${other === null ? "" : `, and gave the other ${percent(other)}`}.`;
    return [`${name} took `, element("bdi", { class: "compare-word" }, visible(step.text)), shares];
  };
  return [`They part at token ${at + 1}. `, ...side("A", a, otherInA), " ", ...side("B", b, otherInB)];
}
