/** @import { ServerMessage } from "../stream/protocol.d.ts" */
/** @import { State } from "../stream/socket.js" */
/** @import { Line } from "../study/study.d.ts" */
import { Actions } from "./actions.js";
import { Allowance } from "../stream/allowance.js";
import { announcement } from "../stream/announcement.js";
import { Composer } from "./composer.js";
import { find } from "../page/find.js";
import { Holding } from "../study/holding.js";
import { Loading } from "../stream/loading.js";
import { Overview } from "./overview.js";
import { Panel } from "../settings/panel.js";
import { Reading } from "../conversation/reading.js";
import { Share } from "../sharing/share.js";
import { Side } from "./side.js";
import { Socket } from "../stream/socket.js";
import { Status } from "../stream/status.js";
import { Store } from "../study/store.js";
import { Title } from "./title.js";
import { Withdrawn } from "../guard/withdrawn.js";

/** The page: what a person does goes out by the socket, what comes is kept in the store and drawn once a frame. */
class Lens {
  #page = find("lens", HTMLElement);
  #store = new Store();
  #status = new Status();
  #panel = new Panel();
  #side = new Side();
  #composer = new Composer((prompt) => void this.#ask(prompt), () => this.#actions.stop());
  #socket = new Socket(
    `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/v1/`,
    (message) => this.#take(message),
    (state, code) => this.#connection(state, code),
  );
  #actions = new Actions(
    this.#store, this.#socket, this.#panel, this.#status, this.#composer,
    (run, after) => this.#begun(run, after),
    (study, prompt) => this.#opened(study, prompt),
  );
  #holding = new Holding();
  #reading = new Reading(this.#store, this.#actions, this.#side);
  #overview = new Overview(
    this.#store, this.#reading, this.#side, () => this.#draw(), (run) => this.#need(run),
  );
  #title = new Title(this.#store, (sentence) => this.#status.fail(sentence));
  #share = new Share(this.#store, (sentence) => this.#status.fail(sentence));
  #withdrawn = new Withdrawn(this.#store, () => this.#draw(), (sentence) => this.#status.fail(sentence));
  #allowance = new Allowance();
  #loading = new Loading(find("model", HTMLElement).dataset["state"] ?? "", () => this.#draw());
  #frame = 0;

  start() {
    this.#store.strikes = this.#page.dataset["strikes"] !== undefined;
    this.#reading.transcript.element.addEventListener("click", (event) => this.#click(event));
    find("clear", HTMLButtonElement).addEventListener("click", () => location.assign("/"));
    const list = find("studies", HTMLElement);
    const toggle = find("toggle-studies", HTMLButtonElement);
    toggle.addEventListener("click", () => {
      toggle.setAttribute("aria-expanded", String(list.classList.toggle("open")));
    });
    for (const button of document.querySelectorAll("button.example")) {
      button.addEventListener("click", () => void this.#ask(button.getAttribute("data-prompt") ?? "", true));
    }
    addEventListener("online", () => this.#socket.open());
    this.#socket.open();
    this.#loading.start();
    const tree = this.#page.dataset["tree"];
    if (tree) void this.#load(tree);
  }

  /**
   * One of our examples brings along the tab that it is an example of, and, chosen rather than typed, its seed.
   *
   * @param {string} prompt
   * @param {boolean} isChosen
   */
  async #ask(prompt, isChosen = false) {
    const isAsked = (/** @type {Element} */ one) => one.getAttribute("data-prompt") === prompt.trim();
    const example = [...document.querySelectorAll("button.example")].find(isAsked);
    const seed = isChosen ? example?.getAttribute("data-seed") : null;
    const shows = example?.getAttribute("data-shows");
    const sent = await this.#actions.send(prompt, null, seed ? { seed: Number(seed) } : {});
    if (sent && shows) this.#side.offer(shows);
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

  /**
   * @param {string} run
   * @param {number} after
   */
  #begun(run, after) {
    const held = (this.#store.runs.get(run)?.steps.length ?? 0) - 1;
    this.#socket.follow(run, Math.min(held, after), held >= after);
    this.#reading.transcript.toEnd();
    this.#draw();
  }

  /** The first answer has made a study: the page is its page from now on. @param {string} study @param {string} prompt */
  #opened(study, prompt) {
    const address = `/studies/${encodeURIComponent(study)}/`;
    this.#page.dataset["tree"] = `${address}tree.json`;
    history.replaceState(null, "", address);
    this.#title.show(prompt.trim().split("\n")[0]?.slice(0, 80) ?? "");
    find("open-study", HTMLInputElement).value = study;
    htmx.trigger(find("study-list", HTMLElement), "refresh");
  }

  /** @param {ServerMessage} message */
  #take(message) {
    if (message.type === "error" && message.ref === undefined) this.#status.fail(message.message);
    const isOver = "run" in message && this.#store.runs.get(String(message.run))?.status === "finished";
    const said = isOver ? "" : announcement(message);
    if (said) this.#status.say(said);
    if (message.type === "hello") {
      find("model", HTMLElement).textContent = message.models[0] ?? "";
      this.#panel.offer(message.models);
      this.#allowance.set(message.limits);
      const first = this.#composer.first();
      if (first) void this.#ask(first, true);
    }
    if (message.type === "accepted") this.#allowance.spend();
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
      this.#reading.close();
      this.#store.show(show);
      this.#draw();
    } else if (goOn) {
      void this.#actions.branch(goOn, this.#store.runs.get(goOn)?.total ?? 0);
    } else if (span instanceof HTMLElement && !getSelection()?.toString()) {
      this.#reading.choose(span);
    }
  }

  /** Its steps come until all are here. @param {Line} run */
  #need(run) {
    const whole = run.status === "finished" && run.steps.length >= run.total;
    if (!whole && !run.gone && !this.#socket.isFollowing(run.id)) this.#socket.follow(run.id, run.steps.length - 1);
  }

  #draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#flush();
    });
  }

  #flush() {
    const path = this.#store.path();
    this.#reading.show(path);
    this.#holding.settle(path);
    this.#withdrawn.settle(path);
    this.#overview.show(path);
    for (const { run } of path) this.#need(run);
    find("welcome", HTMLElement).hidden = path.length > 0 || Boolean(this.#page.dataset["tree"]);
    this.#title.settle();
    this.#share.settle();
    const allowance = this.#allowance.sentence(new Date());
    const place = find("allowance", HTMLElement);
    if (place.textContent !== allowance) place.textContent = allowance;
    place.hidden = !allowance;
    this.#composer.streaming = this.#actions.isStreaming();
    this.#loading.watch(path.at(-1)?.run.status === "queued");
    this.#status.loading = this.#loading.word;
    this.#status.show(path.at(-1)?.run);
  }
}

new Lens().start();
