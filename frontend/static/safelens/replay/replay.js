/** @import { Recording } from "./timeline.js" */
/** @import { Shading } from "../shading/shading.js" */
import { element } from "../page/element.js";
import { Player, SPEEDS } from "./player.js";
import { timeline } from "./timeline.js";
import { Tokens } from "../tokens/tokens.js";

/** A replay shows to everybody what a user saw. */
const NONE = new Map();
let made = 0;

/** A run that plays again as it came, from plain data alone: on a study's page, a link's, or in a file. */
export class Replay {
  #text;
  #kept = 0;
  #shown = 0;
  #withdrawn = 0;
  #turn = 0;
  #play = element("button", { type: "button", class: "replay-play" }, "Play");
  #range = element("input", { type: "range", min: "0", step: "1", value: "0", "aria-label": "Place in the replay" });
  #told = element("output", { class: "replay-told" });

  /**
   * @param {Recording & Record<string, any>} recording
   * @param {Shading} shading
   */
  constructor(recording, shading) {
    this.recording = recording;
    this.#text = new Tokens({ forks: () => [], shared: () => this.#kept }, shading);
    this.player = new Player(timeline(recording), () => this.#show());
    this.#range.max = String(this.player.last);
    this.#play.addEventListener("click", () => (this.player.isPlaying ? this.player.pause() : this.player.play()));
    this.#range.addEventListener("input", () => this.player.seek(Number(this.#range.value)));
    this.element = element(
      "div", { class: "replay", role: "group", "aria-label": "Replay" },
      this.#text.element,
      element("div", { class: "replay-controls" }, this.#play, this.#step(-1), this.#step(1), this.#range, this.#speed(), this.#told),
    );
    this.#show();
  }

  /** The display has changed. */
  restyle() {
    this.#text.restyle();
  }

  focus() {
    this.#play.focus();
  }

  /** @param {number} by */
  #step(by) {
    const label = by < 0 ? "One token back" : "One token on";
    const button = element("button", { type: "button", class: "quiet", "aria-label": label, title: label }, by < 0 ? "‹" : "›");
    button.addEventListener("click", () => this.player.step(by));
    return button;
  }

  #speed() {
    const id = `replay-speed-${++made}`;
    const select = element("select", { id });
    for (const speed of SPEEDS) {
      const name = speed === Infinity ? "instantly" : `${speed}×`;
      select.append(element("option", { value: String(speed), selected: speed === 1 }, name));
    }
    select.addEventListener("change", () => (this.player.speed = Number(select.value)));
    return element("span", { class: "replay-speed" }, element("label", { for: id }, "Speed"), select);
  }

  #show() {
    const { position, last, moments, isPlaying } = this.player;
    const moment = moments[position];
    if (!moment) return;
    this.#draw(moment);
    this.#play.textContent = isPlaying ? "Pause" : position === last ? "Play again" : "Play";
    if (Number(this.#range.value) !== position) this.#range.value = String(position);
    const count = `${moment.steps} of ${this.recording.steps.length} tokens`;
    const said = [count, `${(moment.t / 1000).toFixed(1)} s`, moment.said].filter(Boolean).join(", ");
    this.#told.textContent = said;
    this.#range.setAttribute("aria-valuetext", said);
  }

  /** Forward what comes is appended; backward the text is cut where something isn't there yet. @param {import("./timeline.js").Moment} moment */
  #draw(moment) {
    const { steps, nudges, retracted, reason } = this.recording;
    const inTime = [...retracted].sort((a, b) => a.after - b.after);
    if (moment.steps < this.#shown || moment.retracted < this.#withdrawn || moment.steps === this.#shown) {
      // Withdrawn words that are back, and the sign of the end, are drawn anew.
      const back = inTime.slice(moment.retracted).map(({ from }) => from);
      this.#kept = Math.max(0, Math.min(moment.steps - (moment.ended ? 0 : 1), ...back));
      this.#turn++;
    }
    this.#text.show(/** @type {any} */ ({
      ...this.recording,
      id: `replay ${this.#turn}`,
      steps: steps.slice(0, moment.steps),
      nudges: nudges.filter(({ at }) => at < moment.steps),
      retracted: inTime.slice(0, moment.retracted),
      struck: NONE,
      status: moment.ended ? "finished" : "running",
      reason: moment.ended ? reason : null,
    }));
    [this.#shown, this.#withdrawn] = [moment.steps, moment.retracted];
  }
}
