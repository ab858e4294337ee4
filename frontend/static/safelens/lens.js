/** @import { Branch, Generate, ServerMessage } from "./protocol.d.ts" */
/** @import { State } from "./socket.js" */
import { Composer } from "./composer.js";
import { Cursor } from "./cursor.js";
import { find } from "./find.js";
import { Panel } from "./panel.js";
import { Popover } from "./popover.js";
import { Side } from "./side.js";
import { Refused, Socket } from "./socket.js";
import { Status } from "./status.js";
import { Store } from "./store.js";
import { Turn } from "./turn.js";

const NEAR_END = 80; // pixels: whoever has the end in sight follows it

/** The page: what a person does goes out by the socket, what comes is kept in the store and drawn once a frame. */
class Lens {
  #page = find("lens", HTMLElement);
  #scroll = find("scroll", HTMLElement);
  #transcript = find("transcript", HTMLElement);
  #store = new Store();
  #status = new Status();
  #panel = new Panel();
  #side = new Side();
  #composer = new Composer((prompt) => this.#send(prompt), () => this.#stop());
  #cursor = new Cursor(this.#transcript, (span) => this.#popover.pin(span, true));
  #popover = new Popover(this.#transcript, (span) => this.#look(span), (subject, token) => {
    const run = subject.span.closest(".answer")?.getAttribute("data-run") ?? "";
    const settings = token === null ? { seed: null } : {};
    this.#branch({ type: "branch", run, at: subject.step.i, ...(token === null ? {} : { token }), settings });
  });
  #socket = new Socket(
    `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/v1/`,
    (message) => this.#take(message),
    (state, code) => this.#connection(state, code),
  );
  /** @type {Map<string, Turn>} */ #turns = new Map();
  #frame = 0;

  start() {
    this.#transcript.addEventListener("click", (event) => this.#click(event));
    find("clear", HTMLButtonElement).addEventListener("click", () => location.assign("/"));
    const list = find("studies", HTMLElement);
    const toggle = find("toggle-studies", HTMLButtonElement);
    toggle.addEventListener("click", () => {
      toggle.setAttribute("aria-expanded", String(list.classList.toggle("open")));
    });
    for (const button of document.querySelectorAll("button.example")) {
      button.addEventListener("click", () => this.#send(button.textContent ?? ""));
    }
    addEventListener("online", () => this.#socket.open());
    this.#socket.open();
    const tree = this.#page.dataset["tree"];
    if (tree) void this.#load(tree);
  }

  /** @param {string} address */
  async #load(address) {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.#store.load(await answer.json());
      this.#draw();
    } catch {
      this.#status.fail("The study can't be loaded: load the page again.");
    }
  }

  /** @param {string} prompt */
  async #send(prompt) {
    const settings = this.#panel.settings();
    if (!settings || this.#isStreaming()) return;
    const leaf = this.#store.path().at(-1)?.run;
    const system = this.#panel.system;
    /** @type {Generate} */
    const message = { type: "generate", prompt, settings };
    if (system) message.system = system;
    if (this.#store.id) Object.assign(message, { study: this.#store.id, after: leaf?.id ?? null });
    const accepted = await this.#ask(message);
    if (!accepted) return;
    this.#composer.fill("");
    this.#store.accept(accepted.run, leaf?.id ?? null, system);
    this.#begun(accepted.run.id, -1);
    if (!this.#page.dataset["tree"]) this.#opened(accepted.run.study, prompt);
  }

  /** @param {Branch} message */
  async #branch(message) {
    const settings = this.#panel.settings();
    if (!settings) return;
    const { prefix: _, ...sampler } = settings;
    const accepted = await this.#ask({ ...message, settings: { ...sampler, ...message.settings } });
    if (!accepted) return;
    this.#store.accept(accepted.run, null);
    this.#begun(accepted.run.id, message.at - 1);
  }

  /** @param {Generate | Branch} message */
  async #ask(message) {
    this.#status.fail("");
    try {
      return await this.#socket.ask(message);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      const field = problem.field.replace(/^settings\./, "");
      if (field === problem.field || !this.#panel.refuse(field, problem.message)) this.#status.fail(problem.message);
      return null;
    }
  }

  /**
   * @param {string} run
   * @param {number} after
   */
  #begun(run, after) {
    const held = (this.#store.runs.get(run)?.steps.length ?? 0) - 1;
    this.#socket.follow(run, Math.min(held, after), held >= after);
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#draw();
  }

  /** The first answer has made a study: the page is its page from now on. @param {string} study @param {string} prompt */
  #opened(study, prompt) {
    const address = `/studies/${encodeURIComponent(study)}/`;
    this.#page.dataset["tree"] = `${address}tree.json`;
    history.replaceState(null, "", address);
    this.#store.title = prompt.trim().split("\n")[0]?.slice(0, 80) ?? "";
    find("study-title", HTMLElement).textContent = this.#store.title;
    document.title = `${this.#store.title} · SafeLens`;
    find("open-study", HTMLInputElement).value = study;
    htmx.trigger(find("study-list", HTMLElement), "refresh");
  }

  async #stop() {
    const run = this.#store.path().at(-1)?.run;
    if (!run) return;
    try {
      await this.#socket.ask({ type: "cancel", run: run.id });
    } catch (problem) {
      this.#status.fail(problem instanceof Error ? problem.message : "");
    }
  }

  /** @param {ServerMessage} message */
  #take(message) {
    if (message.type === "error" && message.ref === undefined) this.#status.fail(message.message);
    if (message.type === "finished" && this.#store.runs.get(message.run)?.status !== "finished") {
      this.#status.say(`The answer has ended: ${message.steps} tokens.`);
    }
    if (message.type === "hello") find("model", HTMLElement).textContent = message.models[0] ?? "";
    if (message.type === "started") this.#status.say("The answer begins.");
    if (this.#store.take(message) && "run" in message) {
      const run = this.#store.runs.get(String(message.run));
      if (run) this.#socket.follow(run.id, run.steps.length - 1);
    }
    this.#draw();
  }

  /** @param {State} state @param {number} code */
  #connection(state, code) {
    this.#status.connection = { state, code };
    this.#draw();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = event.target instanceof Element ? event.target : null;
    const show = target?.closest("[data-show]")?.getAttribute("data-show");
    const goOn = target?.closest("[data-go-on]")?.getAttribute("data-go-on");
    const span = target?.closest(".token");
    if (show) {
      this.#popover.close();
      this.#store.show(show);
      this.#draw();
    } else if (goOn) {
      const at = this.#store.runs.get(goOn)?.total ?? 0;
      void this.#branch({ type: "branch", run: goOn, at });
    } else if (span instanceof HTMLElement && !getSelection()?.toString()) {
      this.#cursor.move(span);
      this.#popover.pin(span);
    }
  }

  /** @param {HTMLElement} span */
  #look(span) {
    const run = this.#store.runs.get(span.closest(".answer")?.getAttribute("data-run") ?? "");
    const step = run?.steps[Number(span.dataset["i"])];
    return run && step ? { span, step, settings: run.settings, ended: span.classList.contains("end") } : null;
  }

  #isStreaming() {
    const leaf = this.#store.path().at(-1)?.run;
    return leaf !== undefined && leaf.status !== "finished";
  }

  #draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#flush();
    });
  }

  #flush() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    const follows = scrollHeight - scrollTop - clientHeight < NEAR_END && !this.#popover.isOpen;
    const path = this.#store.path();
    const shown = new Set(path.map(({ turn }) => turn.id));
    for (const [id, turn] of this.#turns) {
      if (shown.has(id)) continue;
      turn.element.remove();
      this.#turns.delete(id);
    }
    for (const passage of path) {
      const { run, turn } = passage;
      const view = this.#turns.get(turn.id) ?? new Turn(this.#store);
      this.#turns.set(turn.id, view);
      if (!view.element.isConnected) this.#transcript.append(view.element);
      view.show(passage);
      const whole = run.status === "finished" && run.steps.length >= run.total;
      if (!whole && !run.gone && !this.#socket.isFollowing(run.id)) this.#socket.follow(run.id, run.steps.length - 1);
    }
    find("welcome", HTMLElement).hidden = path.length > 0 || Boolean(this.#page.dataset["tree"]);
    find("legend", HTMLElement).hidden = path.length === 0;
    this.#cursor.settle();
    this.#composer.streaming = this.#isStreaming();
    this.#status.show(path.at(-1)?.run);
    if (follows) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }
}

new Lens().start();
