/** @import { Moment } from "./timeline.js" */

/** @typedef {{ now: () => number, next: (act: () => void) => number, cancel: (id: number) => void }} Clock */

/** @type {Clock} */
const FRAMES = { now: () => performance.now(), next: (act) => requestAnimationFrame(act), cancel: (id) => cancelAnimationFrame(id) };

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, Infinity];

/** Goes through moments in their own time, faster or slower. At the end it stops; playing again begins anew. */
export class Player {
  position = 0;
  #speed = 1;
  #playing = false;
  #frame = 0;
  #time = 0; // milliseconds in the recording
  #before = 0; // on the clock

  /**
   * @param {Moment[]} moments at least one
   * @param {() => void} onChange after each change of position, or of whether it plays
   * @param {Clock} clock
   */
  constructor(moments, onChange, clock = FRAMES) {
    this.moments = moments;
    this.onChange = onChange;
    this.clock = clock;
  }

  get isPlaying() {
    return this.#playing;
  }

  get speed() {
    return this.#speed;
  }

  set speed(speed) {
    this.#speed = speed;
    if (speed === Infinity && this.#playing) this.seek(this.last);
  }

  get last() {
    return this.moments.length - 1;
  }

  play() {
    if (this.#playing) return;
    if (this.position >= this.last) this.#go(0);
    if (this.#speed === Infinity) {
      this.seek(this.last);
      return;
    }
    this.#playing = true;
    this.#before = this.clock.now();
    this.#frame = this.clock.next(() => this.#tick());
    this.onChange();
  }

  pause() {
    if (!this.#playing) return;
    this.#playing = false;
    this.clock.cancel(this.#frame);
    this.onChange();
  }

  /** One moment on or back, and there it stays. @param {number} by */
  step(by) {
    this.#stop();
    this.seek(this.position + by);
  }

  /** Goes on playing from there if it played. @param {number} position */
  seek(position) {
    this.#go(Math.max(0, Math.min(this.last, Math.round(position) || 0)));
    if (this.position === this.last) this.#stop();
    this.onChange();
  }

  #stop() {
    this.#playing = false;
    this.clock.cancel(this.#frame);
  }

  /** @param {number} position */
  #go(position) {
    this.position = position;
    this.#time = this.moments[position]?.t ?? 0;
  }

  #tick() {
    const now = this.clock.now();
    this.#time += (now - this.#before) * this.#speed;
    this.#before = now;
    const before = this.position;
    while (this.position < this.last && (this.moments[this.position + 1]?.t ?? 0) <= this.#time) this.position++;
    if (this.position === this.last) this.#playing = false;
    else this.#frame = this.clock.next(() => this.#tick());
    if (this.position !== before || !this.#playing) this.onChange();
  }
}
