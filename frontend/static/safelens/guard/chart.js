/** @import { Judgement, Trace } from "./trace.js" */
import { significant } from "../page/numbers.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [336, 168]; // units of the drawing
const [LEFT, RIGHT, TOP, BOTTOM] = [28, 8, 10, 20];
const [ACROSS, DOWN] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];

/**
 * @typedef {object} Drawn
 * @property {Judgement[]} tape
 * @property {Trace} trace
 * @property {number} line the threshold that stands for this answer
 * @property {number} tau the one that is tried
 * @property {number} hold tokens that are kept back still; 0 when the answer has ended
 * @property {{ at: number, score: number }[]} nudges
 * @property {{ from: number, to: number }[]} retracted
 */

/**
 * The guard's scores of one answer, token by token: a dot each, the rule's own line through them, the threshold
 * across. Knows positions alone; `onPoint` is told over which token the pointer is, `onPick` which one was taken.
 */
export class GuardChart {
  element = part("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "guard-chart", role: "img", "aria-label": "" });
  #bands = part("g", {});
  #scores = part("path", { class: "guard-scores" });
  #statistic = part("path", { class: "guard-statistic" });
  #climbs = part("path", { class: "guard-climbs" });
  #line = part("line", { class: "guard-line", x1: LEFT, x2: WIDTH - RIGHT });
  #tried = part("line", { class: "guard-tried", x1: LEFT, x2: WIDTH - RIGHT });
  #name = part("text", { class: "guard-line-name", x: WIDTH - RIGHT, "text-anchor": "end" });
  #marks = part("g", {});
  #end = part("text", { class: "guard-tick", x: WIDTH - RIGHT, y: HEIGHT - 6, "text-anchor": "end" });
  #cursor = part("line", { class: "guard-cursor", y1: TOP, y2: TOP + DOWN, visibility: "hidden" });
  #count = 1;

  /** @param {(i: number | null) => void} onPoint @param {(i: number) => void} onPick */
  constructor(onPoint, onPick) {
    const axis = part("g", {});
    for (const value of [0, 0.5, 1]) {
      axis.append(
        part("line", { class: "guard-grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }),
        part("text", { class: "guard-tick", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, String(value)),
      );
    }
    axis.append(part("text", { class: "guard-tick", x: LEFT, y: HEIGHT - 6 }, "token 1"));
    this.element.append(
      this.#bands, axis, this.#scores, this.#statistic, this.#climbs, this.#line, this.#tried, this.#name, this.#marks, this.#end, this.#cursor,
    );
    this.element.addEventListener("pointermove", (event) => onPoint(this.#under(event)));
    this.element.addEventListener("pointerleave", () => onPoint(null));
    this.element.addEventListener("click", (event) => onPick(this.#under(event)));
  }

  /** @param {Drawn} drawn */
  show({ tape, trace, line, tau, hold, nudges, retracted }) {
    this.#count = Math.max(2, tape.length - 1 + hold);
    const dots = [];
    for (const [place, { score }] of tape.entries()) {
      if (place && score !== undefined) dots.push(`M${this.#x(place - 1).toFixed(1)} ${y(score).toFixed(1)}h0.01`);
    }
    this.#scores.setAttribute("d", dots.join(""));
    this.#statistic.setAttribute("d", this.#through(trace.statistics));
    this.#climbs.setAttribute("d", nudges.map((nudge) => this.#climb(tape, trace.statistics, nudge)).join(""));
    place(this.#line, line);
    place(this.#tried, tau);
    this.#tried.setAttribute("visibility", tau === line ? "hidden" : "visible");
    this.#name.textContent = tau === line ? `threshold ${significant(line)}` : `tried ${significant(tau)}`;
    this.#name.setAttribute("y", String(tau > 0.9 ? y(tau) + 14 : y(tau) - 5));
    this.#end.textContent = `${this.#count - hold}`;
    this.#bands.replaceChildren(
      ...retracted.map(({ from, to }) => this.#band("guard-retracted", from, to, "withdrawn")),
      ...nudges.map(({ at }) => this.#band("guard-nudged", at, this.#afterNudge(tape, at) - 1, "the guard's words")),
      ...(hold ? [this.#band("guard-held", this.#count - hold, this.#count - 1, "held until it is judged")] : []),
    );
    this.#marks.replaceChildren(
      ...nudges.map(({ at, score }) => mark("guard-fired", this.#x(Math.max(0, at - 1)), y(score), "here it stepped in")),
      ...trace.crossings.map((place) =>
        mark("guard-crossing", this.#x(Math.max(0, place - 1)), y(trace.statistics[place] ?? tau), `alarm at token ${place}`),
      ),
    );
  }

  /** @param {string} text for those who can't see it */
  describe(text) {
    this.element.setAttribute("aria-label", text);
  }

  /** @param {number | null} i */
  point(i) {
    // Nothing is drawn yet while the tab is closed: there is no place to point at.
    const x = i === null ? NaN : this.#x(i);
    this.#cursor.setAttribute("visibility", Number.isFinite(x) ? "visible" : "hidden");
    if (!Number.isFinite(x)) return;
    this.#cursor.setAttribute("x1", String(x));
    this.#cursor.setAttribute("x2", String(x));
  }

  /** A line that breaks where nothing was judged. @param {(number | null)[]} statistics */
  #through(statistics) {
    let path = "";
    let open = false;
    for (const [place, value] of statistics.entries()) {
      if (place && value !== null) path += `${open ? "L" : "M"}${this.#x(place - 1).toFixed(1)} ${y(value).toFixed(1)}`;
      open = place > 0 && value !== null;
    }
    return path;
  }

  /**
   * From the last value before a nudge to the one at which it came: between them lies what was taken back before
   * it was shown.
   *
   * @param {Judgement[]} tape
   * @param {(number | null)[]} statistics
   * @param {{ at: number, score: number }} nudge
   */
  #climb(tape, statistics, { at, score }) {
    for (let place = at; place > 0 && (place === at || tape[place]?.origin !== "nudge"); place--) {
      const value = statistics[place];
      if (value === null || value === undefined) continue;
      const from = `M${this.#x(place - 1).toFixed(1)} ${y(value).toFixed(1)}`;
      return `${from}L${this.#x(Math.max(0, at - 1)).toFixed(1)} ${y(score).toFixed(1)}`;
    }
    return "";
  }

  /** @param {Judgement[]} tape @param {number} at */
  #afterNudge(tape, at) {
    let end = at;
    while (tape[end]?.origin === "nudge") end++;
    return Math.max(end, at + 1);
  }

  /** @param {string} name @param {number} from @param {number} to @param {string} title */
  #band(name, from, to, title) {
    const [left, right] = [this.#x(from - 0.5), this.#x(to + 0.5)];
    const band = part("rect", { class: name, x: left, y: TOP, width: Math.max(1, right - left), height: DOWN });
    band.append(part("title", {}, title));
    return band;
  }

  /** @param {number} i a token */
  #x(i) {
    return LEFT + (ACROSS * Math.min(Math.max(i, 0), this.#count - 1)) / (this.#count - 1);
  }

  /** @param {MouseEvent} event */
  #under(event) {
    const { left, width } = this.element.getBoundingClientRect();
    const at = (((event.clientX - left) / Math.max(1, width)) * WIDTH - LEFT) / ACROSS;
    return Math.round(Math.min(Math.max(at, 0), 1) * (this.#count - 1));
  }
}

/** @param {number} score */
function y(score) {
  return TOP + DOWN * (1 - score);
}

/** @param {Element} line @param {number} value */
function place(line, value) {
  line.setAttribute("y1", String(y(value)));
  line.setAttribute("y2", String(y(value)));
}

/** @param {string} name @param {number} x @param {number} at @param {string} title */
function mark(name, x, at, title) {
  const made = part("circle", { class: name, cx: x, cy: at, r: 4 });
  made.append(part("title", {}, title));
  return made;
}

/**
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function part(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}
