/** @import { Given, Nudge, Settings, Step } from "../stream/protocol.d.ts" */
import { element } from "../page/element.js";
import { find } from "../page/find.js";
import { percent, significant } from "../page/numbers.js";
import { picked } from "./picked.js";
import { said } from "./said.js";
import { word } from "../tokens/word.js";

/**
 * @typedef {object} Subject a token that is looked at
 * @property {HTMLElement} span
 * @property {string} run the one that is shown; the token may have come from the run that it grew from
 * @property {Step} step
 * @property {Partial<Settings>} settings under which it came
 * @property {Given} changed what was changed since, and a branch would take
 * @property {boolean} ended it ends the turn
 * @property {boolean} finished nothing more comes behind it
 * @property {Step[]} pieces the tokens that share its character
 * @property {Nudge | undefined} nudge whose words it is part of
 */

/** Writes all that is known about a token into the popover, but for its alternatives. @param {Subject} subject */
export function writeFacts(subject) {
  const { step, settings, nudge, finished } = subject;
  const facts = {
    word: word(step, subject.ended),
    id: `token ${step.id}`,
    drawn: step.p === 0 ? "was cut" : percent(step.p),
    own: percent(Math.exp(step.logprob)),
    logprob: `${significant(step.logprob)} nat`,
    rank: step.rank === 0 ? "1, the favourite" : String(step.rank + 1),
    entropy: `${significant(step.entropy)} bit`,
    picked: picked(step, settings) + (nudge ? `: ${nudge.guard} ${significant(nudge.score)} ≥ ${significant(nudge.tau)}` : ""),
    sampler: said(settings),
  };
  for (const [name, text] of Object.entries(facts)) find(`popover-${name}`, HTMLElement).textContent = text;
  find("popover", HTMLElement).setAttribute("aria-label", `Token ${facts.word}`);
  find("popover-go-on", HTMLElement).textContent = finished ? "Go on from here" : "Stop here and go on";
  const changed = said(subject.changed, Object.keys(subject.changed));
  find("popover-changed", HTMLElement).hidden = !changed;
  find("popover-changed", HTMLElement).textContent = `Another way from here takes these settings, but ${changed}, as you changed since.`;
  writePieces(subject);
  writeScores(step);
}

/** @param {Subject} subject */
function writePieces({ step, pieces }) {
  const place = find("popover-pieces", HTMLElement);
  place.hidden = pieces.length < 2;
  if (place.hidden) return;
  const buttons = pieces.map((piece) => {
    const bytes = piece.top.find(([id]) => id === piece.id)?.[1] ?? `token ${piece.id}`;
    const own = piece.i === step.i;
    return element("button", { type: "button", class: "piece", "data-piece": String(piece.i), "aria-pressed": String(own) }, bytes);
  });
  const whole = pieces.at(-1)?.text ?? "";
  place.replaceChildren("One of the tokens that make ", element("bdi", {}, whole), ": ", ...buttons);
}

/** How the text before it was judged. @param {Step} step */
function writeScores(step) {
  for (const old of document.querySelectorAll("#popover .score")) old.remove();
  const rows = Object.entries(step.guard ?? {}).map(([name, score]) =>
    element(
      "div",
      { class: "score" },
      element("dt", { title: "How the text before this token was judged" }, `Guard ${name}`),
      element("dd", {}, significant(score)),
    ),
  );
  find("popover-how", HTMLElement).before(...rows);
}
