/** @import { Step } from "../stream/protocol.d.ts" */
/** @import { Comparison } from "./comparison.js" */
/** @import { Hunk } from "./diff.js" */
/** @import { Shading } from "../shading/shading.js" */
import { element } from "../page/element.js";
import { meanProbability } from "./comparison.js";
import { percent } from "../page/numbers.js";
import { visible } from "../tokens/visible.js";

/** Two answers as text: beside each other, or as one with what differs in it. Each token under its own path. */
export class CompareText {
  /** @param {Shading} shading */
  constructor(shading) {
    this.shading = shading;
  }

  /** @param {Comparison} found @returns {HTMLElement[]} */
  sideBySide(found) {
    const sides = /** @type {const} */ ([["A", found.a, "a"], ["B", found.b, "b"]]);
    return sides.map(([name, steps, side]) => {
      const text = element("div", { class: "compare-text", dir: "auto" });
      for (const hunk of found.hunks) {
        const spans = steps.slice(...hunk[side]).map((step) => this.#token(step));
        text.append(...(hunk.same ? spans : [marked(hunk, found, element("mark", {}, ...spans))]));
      }
      return element("section", { "aria-label": `Answer ${name}` }, heading(name, steps), text);
    });
  }

  /** @param {Comparison} found @returns {HTMLElement[]} */
  inOne(found) {
    const text = element("div", { class: "compare-text", dir: "auto" });
    for (const hunk of found.hunks) {
      if (hunk.same) {
        text.append(...found.b.slice(...hunk.b).map((step) => this.#token(step)));
        continue;
      }
      const both = element("span", { class: "compare-hunk" });
      const [gone, come] = [found.a.slice(...hunk.a), found.b.slice(...hunk.b)];
      if (gone.length) both.append(element("del", {}, ...gone.map((step) => this.#token(step, true))));
      if (come.length) both.append(element("ins", {}, ...come.map((step) => this.#token(step, true))));
      text.append(marked(hunk, found, both));
    }
    return [text];
  }

  /** @param {Step} step @param {boolean} [isCounted] with its probability behind it */
  #token(step, isCounted = false) {
    const share = percent(Math.exp(step.logprob));
    const span = element("span", { class: `compare-token ${this.shading.classes(step)}`, title: `${visible(step.text)}: ${share}` }, step.text);
    if (isCounted) span.append(element("small", {}, share));
    return span;
  }
}

/** The first difference gets an edge and a name. @param {Hunk} hunk @param {Comparison} found @param {HTMLElement} made */
function marked(hunk, found, made) {
  if (hunk !== found.hunks.find((one) => !one.same)) return made;
  made.classList.add("parting");
  made.setAttribute("title", "The first difference");
  return made;
}

/** @param {string} name @param {Step[]} steps */
function heading(name, steps) {
  const mean = meanProbability(steps);
  const facts = mean === null ? "no token" : `${steps.length} ${steps.length === 1 ? "token" : "tokens"}, ${percent(mean)} a token`;
  return element("h2", {}, `${name} `, element("span", { class: "second" }, facts));
}
