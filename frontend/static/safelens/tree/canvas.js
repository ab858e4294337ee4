/** @import { Place } from "./layout.js" */
import { select } from "d3-selection";
import "d3-transition";
import { zoom, zoomIdentity } from "d3-zoom";
import { BOX } from "./layout.js";

const READABLE = 0.55; // below this scale there is no text
const SPAN = /** @type {[number, number]} */ ([0.02, 2]);
const MARGIN = 24;
const MOTION = 150; // milliseconds
const MOST_LABELS = 10_000; // that are remembered

/** @typedef {{ label: string, isShown: boolean, isUnread: boolean, isFavourite: boolean, isQuiet: boolean }} Look how a box is drawn */

/** Draws a laid-out tree, only what is in sight, and lets it be moved, scaled and pointed at. */
export class TreeCanvas {
  /** @type {Map<string, Place>} */ places = new Map();
  /** @type {Place | null} */ cursor = null;
  /** @type {(place: Place | null) => void} a pointer is over this box */ onHover = () => {};
  /** @type {(place: Place) => void} */ onChoose = () => {};
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  #zoom = zoom();
  #view = zoomIdentity;
  #frame = 0;
  /** @type {Map<string, string>} labels that were cut to fit */ #labels = new Map();
  /** @type {Record<string, string>} */ #ink = {};

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(place: Place) => Look} look
   */
  constructor(canvas, look) {
    this.canvas = canvas;
    this.look = look;
    this.#zoom.scaleExtent(SPAN).on("zoom", ({ transform }) => {
      this.#view = transform;
      this.draw();
    });
    this.#selection().call(this.#zoom).on("dblclick.zoom", null);
    canvas.addEventListener("pointermove", (event) => this.onHover(this.at(event.offsetX, event.offsetY)));
    canvas.addEventListener("pointerleave", () => this.onHover(null));
    canvas.addEventListener("click", (event) => {
      const place = this.at(event.offsetX, event.offsetY);
      if (place) this.onChoose(place);
    });
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributes: true });
  }

  /** The box under a point of the canvas. @param {number} left @param {number} top @returns {Place | null} */
  at(left, top) {
    const [x, y] = this.#view.invert([left, top]);
    for (const place of this.places.values()) {
      if (Math.abs(x - place.x) <= BOX.width / 2 && Math.abs(y - place.y) <= BOX.height / 2) return place;
    }
    return null;
  }

  /** Where a box is on the canvas, in pixels. @param {Place} place */
  rectangle(place) {
    const [left, top] = this.#view.apply([place.x - BOX.width / 2, place.y - BOX.height / 2]);
    return { left, top, width: BOX.width * this.#view.k, height: BOX.height * this.#view.k };
  }

  /** All of it, as large as it fits. */
  fit() {
    const { width, height } = this.#size();
    const all = [...this.places.values()];
    if (!all.length || !width || !height) return;
    const left = all.reduce((least, { x }) => Math.min(least, x), Infinity) - BOX.width / 2;
    const right = all.reduce((most, { x }) => Math.max(most, x), -Infinity) + BOX.width / 2;
    const [top, bottom] = [-BOX.height / 2, all.reduce((most, { y }) => Math.max(most, y), 0) + BOX.height / 2];
    const room = Math.min((width - 2 * MARGIN) / (right - left), (height - 2 * MARGIN) / (bottom - top));
    const k = Math.max(SPAN[0], Math.min(1, room));
    this.#turnTo(k, (width - k * (left + right)) / 2, (height - k * (top + bottom)) / 2);
  }

  /** This box in the middle, at a size that can be read. @param {Place} place */
  centre(place) {
    const { width, height } = this.#size();
    const k = Math.max(this.#view.k, 1);
    this.#turnTo(k, width / 2 - k * place.x, height / 2 - k * place.y);
  }

  /**
   * Moves no further than is needed for this box to be in sight, together with another one if both fit.
   *
   * @param {Place} place
   * @param {Place | null} [other]
   */
  reveal(place, other = null) {
    const { width, height } = this.#size();
    const both = other ? around(this.rectangle(place), this.rectangle(other)) : null;
    const fits = both && both.width <= width - 2 * MARGIN && both.height <= height - 2 * MARGIN;
    const box = both && fits ? both : this.rectangle(place);
    if (this.#view.k < READABLE) this.centre(place);
    else {
      const x = Math.max(MARGIN - box.left, 0) || Math.min(width - MARGIN - box.left - box.width, 0);
      const y = Math.max(MARGIN - box.top, 0) || Math.min(height - MARGIN - box.top - box.height, 0);
      if (x || y) this.#turnTo(this.#view.k, this.#view.x + x, this.#view.y + y);
    }
  }

  /** @param {number} factor */
  scale(factor) {
    const { width, height } = this.#size();
    this.#selection().call(this.#zoom.scaleBy, factor, [width / 2, height / 2]);
  }

  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  /** @param {number} k @param {number} x @param {number} y */
  #turnTo(k, x, y) {
    const view = zoomIdentity.translate(x, y).scale(k);
    if (this.#still.matches) this.#selection().call(this.#zoom.transform, view);
    else this.#selection().transition().duration(MOTION).call(this.#zoom.transform, view);
  }

  #selection() {
    return /** @type {import("d3-selection").Selection<Element, unknown, any, any>} */ (
      /** @type {unknown} */ (select(this.canvas))
    );
  }

  #size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  #paint() {
    const { width, height } = this.#size();
    const context = this.canvas.getContext("2d");
    if (!context || !width || !height) return;
    const density = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * density) || this.canvas.height !== Math.round(height * density)) {
      this.canvas.width = Math.round(width * density);
      this.canvas.height = Math.round(height * density);
    }
    const style = getComputedStyle(this.canvas);
    for (const name of ["ground", "panel", "line", "edge", "ink", "second", "accent", "face"]) {
      this.#ink[name] = style.getPropertyValue(`--${name}`).trim();
    }
    const { k, x, y } = this.#view;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(density * k, 0, 0, density * k, density * x, density * y);
    const [left, top] = this.#view.invert([0, 0]);
    const [right, bottom] = this.#view.invert([width, height]);
    /** @param {Place} place */
    const isInSight = (place) =>
      Math.abs(2 * place.x - left - right) < right - left + 2 * BOX.width && place.y - BOX.height < bottom && place.y + BOX.height > top;
    this.#links(context, left, right, top, bottom);
    for (const place of this.places.values()) if (isInSight(place)) this.#box(context, place, k);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} left @param {number} right @param {number} top @param {number} bottom */
  #links(context, left, right, top, bottom) {
    for (const shown of [false, true]) {
      context.beginPath();
      for (const place of this.places.values()) {
        const { parent } = place;
        if (!parent || place.y < top || parent.y > bottom) continue;
        if (Math.max(place.x, parent.x) < left || Math.min(place.x, parent.x) > right) continue;
        if (this.look(place).isShown !== shown) continue;
        const [from, to] = [parent.y + BOX.height / 2, place.y - BOX.height / 2];
        context.moveTo(parent.x, from);
        context.bezierCurveTo(parent.x, (from + to) / 2, place.x, (from + to) / 2, place.x, to);
      }
      context.strokeStyle = this.#ink[shown ? "accent" : "edge"] ?? "";
      context.lineWidth = shown ? 2.5 : 1;
      context.stroke();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Place} place @param {number} k */
  #box(context, place, k) {
    const { node, y } = place;
    const x = place.x - BOX.width / 2;
    const { label, isShown, isUnread, isFavourite, isQuiet } = this.look(place);
    context.beginPath();
    context.roundRect(x, y - BOX.height / 2, BOX.width, BOX.height, node.turn ? 2 : 6);
    context.fillStyle = this.#ink[node.turn ? "panel" : "ground"] ?? "";
    context.fill();
    context.strokeStyle = this.#ink[isShown ? "accent" : "edge"] ?? "";
    context.lineWidth = isShown ? 2 : 1;
    context.stroke();
    if (place === this.cursor) {
      context.beginPath();
      context.roundRect(x - 4, y - BOX.height / 2 - 4, BOX.width + 8, BOX.height + 8, 8);
      context.strokeStyle = this.#ink["ink"] ?? "";
      context.lineWidth = 1.5 / Math.min(1, k);
      context.stroke();
    }
    if (isUnread) {
      context.beginPath();
      context.arc(x + BOX.width, y - BOX.height / 2, 4 / Math.min(1, k), 0, 2 * Math.PI);
      context.fillStyle = this.#ink["accent"] ?? "";
      context.fill();
    }
    if (k < READABLE) return;
    context.font = `${isShown || node.turn ? 600 : 400} 12px ${this.#ink["face"]}`;
    context.textBaseline = "middle";
    context.fillStyle = this.#ink[isQuiet ? "second" : "ink"] ?? "";
    context.fillText(this.#fitted(context, label, BOX.width - 16 - (isFavourite ? 12 : 0)), x + 8, y + 0.5);
    if (isFavourite) star(context, x + BOX.width - 13, y, 6, this.#ink["accent"] ?? "");
  }

  /** As much of the label as there is room for. @param {CanvasRenderingContext2D} context @param {string} label @param {number} room */
  #fitted(context, label, room) {
    const key = `${context.font} ${room} ${label}`;
    const known = this.#labels.get(key);
    if (known !== undefined) return known;
    const signs = [...label];
    let text = label;
    while (signs.length && context.measureText(text).width > room) {
      signs.pop();
      text = `${signs.join("").trimEnd()}…`;
    }
    if (this.#labels.size > MOST_LABELS) this.#labels.clear();
    this.#labels.set(key, text);
    return text;
  }
}

/** @typedef {{ left: number, top: number, width: number, height: number }} Box */

/** @param {Box} a @param {Box} b @returns {Box} */
function around(a, b) {
  const [left, top] = [Math.min(a.left, b.left), Math.min(a.top, b.top)];
  const width = Math.max(a.left + a.width, b.left + b.width) - left;
  const height = Math.max(a.top + a.height, b.top + b.height) - top;
  return { left, top, width, height };
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius @param {string} colour */
function star(context, x, y, radius, colour) {
  context.beginPath();
  for (let corner = 0; corner < 10; corner++) {
    const [angle, reach] = [(corner * Math.PI) / 5 - Math.PI / 2, corner % 2 ? radius * 0.45 : radius];
    context.lineTo(x + Math.cos(angle) * reach, y + Math.sin(angle) * reach);
  }
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}
