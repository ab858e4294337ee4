/** @import { Line, Passage } from "../study/study.d.ts" */
/** @import { Shading } from "../shading/shading.js" */
/** @import { Store } from "../study/store.js" */
import { element } from "../page/element.js";
import { forkControl } from "../tokens/fork.js";
import { Tokens } from "../tokens/tokens.js";

/** One question and its answer on the page. */
export class Turn {
  #prompt = element("p", { class: "prompt", dir: "auto" });
  #edit = element("button", { type: "button", class: "plain icon edit-prompt", "aria-label": "Ask otherwise", title: "Ask otherwise: this question stays" }, pencil());
  #fork = element("div", { class: "turn-fork" });
  #note = element("p", { class: "note" });
  #forked = "";
  #noted = "";

  /** @param {Store} store @param {Shading} shading */
  constructor(store, shading) {
    this.tokens = new Tokens(store, shading);
    const head = element("div", { class: "turn-head" }, this.#prompt, this.#edit);
    this.element = element("article", { class: "turn" }, this.#fork, head, this.tokens.element, this.#note);
  }

  /** @param {Passage} passage */
  show({ turn, run, turnFork }) {
    if (this.#prompt.textContent !== turn.text) this.#prompt.textContent = turn.text;
    this.#edit.dataset["edit"] = turn.id;
    const forked = turnFork ? `${turnFork.n} ${turnFork.runs.join(" ")}` : "";
    if (forked !== this.#forked) {
      this.#forked = forked;
      this.#fork.replaceChildren(...(turnFork ? [forkControl(turnFork)] : []));
    }
    this.tokens.show(run);
    this.#tell(run);
  }

  /** @param {Line} run */
  #tell(run) {
    const noted = [run.id, run.status, run.reason, run.position, run.gone, run.started].join(" ");
    if (noted === this.#noted) return;
    this.#noted = noted;
    const failed = run.reason === "failed" || run.reason === "blocked";
    this.#note.classList.toggle("failed", failed);
    if (failed) this.#note.setAttribute("role", "alert");
    else this.#note.removeAttribute("role");
    this.#note.textContent = sentence(run);
    if (!run.gone && (run.reason === "length" || run.reason === "cancelled")) {
      const button = element("button", { type: "button", class: "link", "data-go-on": run.id }, "Go on from here");
      this.#note.append(" ", button);
    }
    if (run.status === "finished" && !run.gone && run.total) {
      this.#note.append(" ", element("button", { type: "button", class: "link", "data-replay": run.id }, "Replay"));
    }
  }
}

function pencil() {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const drawn = { viewBox: "0 0 16 16", width: "16", height: "16", fill: "none", stroke: "currentColor", "stroke-width": "1.5", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(drawn)) icon.setAttribute(name, value);
  path.setAttribute("d", "M2.5 13.5 3.2 10.6 10.9 2.9a1.2 1.2 0 0 1 1.7 0l.5.5a1.2 1.2 0 0 1 0 1.7L5.4 12.8z");
  icon.append(path);
  return icon;
}

/** @param {Line} run */
function sentence(run) {
  if (run.gone) return "The tokens of this answer were deleted.";
  if (run.status === "queued") {
    return run.position > 1 ? `${run.position - 1} before you.` : "Waiting for the model …";
  }
  const count = `${run.total} ${run.total === 1 ? "token" : "tokens"}`;
  switch (run.reason) {
    case null:
      return "";
    case "length":
      return `${count}, then the limit.`;
    case "cancelled":
      return `${count}, then stopped.`;
    case "failed":
      return `Generation failed: ${run.message || "ask again."}`;
    case "blocked":
      return run.message || "The guard stopped this answer.";
    default:
      return `${count}.`;
  }
}
