/** @import { Reading } from "../conversation/reading.js" */
/** @import { Side } from "../lens/side.js" */
/** @import { Line, Passage } from "../study/study.d.ts" */
/** @import { Rule } from "./rules.js" */
/** @import { Trace } from "./trace.js" */
import { element } from "../page/element.js";
import { find } from "../page/find.js";
import { GuardChart } from "./chart.js";
import { guardsOf, guardTape } from "./tape.js";
import { significant } from "../page/numbers.js";
import { trace } from "./trace.js";
import { visible } from "../tokens/visible.js";

/**
 * @typedef {{ name: string, number: number, rule: Rule, hold: number,
 *   evidence: { name: string, threshold: number }[] }} Policy
 * @typedef {{ label: string, guard: string, rule: Rule, hold: number, threshold: number }} Choice
 */

const SCORES_ALONE = { kind: "classic", warmup: 0 }; // for an answer whose policies can't be read

/** The tab Guard: what the guard made of the newest answer shown, and where it would fire with another threshold. */
export class GuardPanel {
  #empty = find("guard-empty", HTMLElement);
  #body = find("guard-body", HTMLElement);
  #choice = find("guard-choice", HTMLSelectElement);
  #slider = find("guard-tau", HTMLInputElement);
  #value = find("guard-tau-value", HTMLOutputElement);
  #reset = find("guard-reset", HTMLButtonElement);
  #said = find("guard-said", HTMLElement);
  #pointed = find("guard-pointed", HTMLElement);
  #rows = find("guard-rows", HTMLElement);
  #table = find("guard-table", HTMLDetailsElement);
  #chart = new GuardChart((i) => this.#point(i), (i) => this.#run && this.reading.goTo(this.#run.id, i));
  /** @type {Map<string, Policy[] | null>} by run; null while it is asked for */ #policies = new Map();
  /** @type {Line | null} */ #run = null;
  /** @type {Choice[]} */ #choices = [];
  /** @type {number | null} the threshold that is tried */ #tried = null;
  #drawn = "";

  /** @param {Reading} reading @param {Side} side @param {() => void} redraw */
  constructor(reading, side, redraw) {
    this.reading = reading;
    this.side = side;
    this.redraw = redraw;
    find("guard-chart", HTMLElement).append(this.#chart.element);
    this.#slider.addEventListener("input", () => this.#try(Number(this.#slider.value)));
    this.#reset.addEventListener("click", () => this.#try(null));
    this.#choice.addEventListener("change", () => this.#try(null));
    this.#table.addEventListener("toggle", () => this.#try(this.#tried));
    find("guard-compare", HTMLButtonElement).addEventListener("click", () => side.open("compare"));
    const { element: transcript } = reading.transcript;
    transcript.addEventListener("pointerover", (event) => this.#chart.point(this.#tokenUnder(event)));
    transcript.addEventListener("pointerleave", () => this.#chart.point(null));
  }

  /** @param {Passage[]} path */
  show(path) {
    const run = path.at(-1)?.run ?? null;
    if (run?.id !== this.#run?.id) this.#tried = null;
    this.#run = run;
    if (!this.side.isOpen || this.side.tabs.shown !== "guard") return;
    const guards = run ? guardsOf(run) : [];
    this.#empty.hidden = guards.length > 0;
    this.#body.hidden = !guards.length;
    if (!run || !guards.length) {
      this.#empty.textContent = run ? "No guard has looked at this answer." : "What the guard makes of an answer is drawn here.";
      return;
    }
    const policies = this.#policies.get(run.id);
    if (policies === undefined) void this.#ask(run.id);
    const drawn = [run.id, run.steps.length, run.status, run.retracted.length, run.nudges.length, policies?.length, this.#tried, this.#choice.value, this.#table.open].join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#offer(run, policies ?? [], guards);
    this.#draw(run);
  }

  /** @param {string} run */
  async #ask(run) {
    this.#policies.set(run, null);
    try {
      const answer = await fetch(`/runs/${encodeURIComponent(run)}/guard.json`, { headers: { Accept: "application/json" } });
      this.#policies.set(run, answer.ok ? (await answer.json()).policies : []);
    } catch {
      this.#policies.set(run, []); // the scores are drawn without a line
    }
    this.redraw();
  }

  /** @param {Line} run @param {Policy[]} policies @param {string[]} guards */
  #offer(run, policies, guards) {
    const judged = policies.flatMap(({ name, number, rule, hold, evidence }) =>
      evidence.map((each) => ({ label: `${name} ${number}, ${each.name}`, guard: each.name, rule, hold, threshold: each.threshold })),
    );
    const choices = judged.filter(({ guard }) => guards.includes(guard)); // a guard that failed has no scores
    if (!choices.length) choices.push(...guards.map((guard) => ({ label: guard, guard, rule: SCORES_ALONE, hold: 0, threshold: 0.5 })));
    const isSame = choices.map(({ label }) => label).join("\n") === this.#choices.map(({ label }) => label).join("\n");
    this.#choices = choices;
    if (isSame) return;
    this.#choice.replaceChildren(...choices.map(({ label }, n) => element("option", { value: String(n) }, label)));
    const field = this.#choice.closest(".guard-which");
    if (field instanceof HTMLElement) field.hidden = choices.length < 2;
  }

  /** @param {number | null} tau */
  #try(tau) {
    this.#tried = tau;
    this.redraw();
  }

  /** @param {Line} run */
  #draw(run) {
    const chosen = this.#choices[Number(this.#choice.value) || 0];
    if (!chosen) return;
    const tau = this.#tried ?? chosen.threshold;
    const tape = guardTape(run, chosen.guard);
    const found = trace(chosen.rule, tau, tape);
    const hold = run.status === "running" ? chosen.hold : 0;
    const nudges = run.nudges.map(({ at, score }) => ({ at, score }));
    this.#chart.show({ tape, trace: found, line: chosen.threshold, tau, hold, nudges, retracted: run.retracted });
    this.#slider.value = String(tau);
    this.#value.textContent = significant(tau);
    this.#reset.hidden = this.#tried === null || this.#tried === chosen.threshold;
    const sentence = this.#sentence(run, chosen, tau, found);
    if (this.#said.textContent !== sentence) this.#said.textContent = sentence;
    if (run.status === "finished") this.#chart.describe(`The guard’s score of each token. ${sentence}`);
    if (this.#table.open) this.#fill(run, tape, found);
  }

  /** @param {Line} run @param {Choice} chosen @param {number} tau @param {Trace} found */
  #sentence(run, chosen, tau, found) {
    const isOwn = tau === chosen.threshold;
    const [first] = found.crossings;
    const times = found.crossings.length;
    const where = first === undefined ? "" : `${this.#named(run, first - 1)}${times > 1 ? `, and ${times - 1} more times` : ""}`;
    if (!isOwn) return where ? `At ${significant(tau)} it would have fired at ${where}.` : `At ${significant(tau)} it would not have fired on what is shown.`;
    const nudged = run.nudges.length ? `It stepped in ${run.nudges.length === 1 ? "once" : `${run.nudges.length} times`}, at token ${run.nudges.map(({ at }) => at + 1).join(", ")}. ` : "";
    if (run.reason === "blocked") return `${nudged}It stopped this answer.`;
    if (nudged) return `${nudged}What was taken back before it was shown isn’t drawn: the dots lead over it.`;
    return where ? `It fired at ${where}.` : "It saw nothing above its line.";
  }

  /** @param {Line} run @param {number} i */
  #named(run, i) {
    const step = run.steps[i];
    return i < 0 || !step ? "the beginning" : `token ${i + 1} “${visible(step.text)}”`;
  }

  /** @param {Line} run @param {import("./trace.js").Judgement[]} tape @param {Trace} found */
  #fill(run, tape, found) {
    const rows = tape.slice(1).map(({ score }, i) =>
      element("tr", found.crossings.includes(i + 1) ? { class: "fired" } : {},
        element("td", { class: "number" }, String(i + 1)),
        element("td", {}, element("bdi", {}, visible(run.steps[i]?.text ?? ""))),
        element("td", { class: "number" }, score === undefined ? "–" : score.toFixed(3)),
        element("td", { class: "number" }, typeof found.statistics[i + 1] === "number" ? Number(found.statistics[i + 1]).toFixed(3) : "–"),
      ),
    );
    this.#rows.replaceChildren(...rows);
  }

  /** From the plot to the text. @param {number | null} i */
  #point(i) {
    this.#chart.point(i);
    for (const span of this.reading.transcript.element.querySelectorAll(".token.pointed")) span.classList.remove("pointed");
    const run = this.#run;
    if (i === null || !run) {
      this.#pointed.textContent = "";
      return;
    }
    this.reading.transcript.tokenOf(run.id, i)?.classList.add("pointed");
    const chosen = this.#choices[Number(this.#choice.value) || 0];
    const score = chosen && (run.steps[i + 1]?.guard?.[chosen.guard] ?? (i + 1 === run.steps.length ? run.judged?.[chosen.guard] : undefined));
    this.#pointed.textContent = `${this.#named(run, i)}: ${score === undefined ? "not judged" : score.toFixed(3)}`;
  }

  /** @param {Event} event @returns {number | null} */
  #tokenUnder(event) {
    const span = event.target instanceof Element ? event.target.closest(".token") : null;
    if (!(span instanceof HTMLElement) || span.closest(".answer")?.getAttribute("data-run") !== this.#run?.id) return null;
    return Number(span.dataset["i"]);
  }
}
