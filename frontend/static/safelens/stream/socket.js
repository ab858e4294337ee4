/** @import { ClientMessage, ServerMessage, Error as Refusal } from "./protocol.d.ts" */

/** @typedef {"connecting" | "open" | "waiting" | "refused"} State */

const FIRST_PAUSE = 500; // milliseconds
const LONGEST_PAUSE = 15_000;
const PING = 20_000; // between two looks whether the other side is still there
const PATIENCE = 10_000; // for its answer
const ACK_EVERY = 64; // steps; the server stops at 256 without one
const NOT_AGAIN = new Set([4401, 4403]); // not logged in, wrong origin: coming back changes nothing

/** What a question gets instead of an answer. */
export class Refused extends Error {
  /** @param {Pick<Refusal, "code" | "message" | "field">} refusal */
  constructor(refusal) {
    super(refusal.message);
    this.code = refusal.code;
    this.field = refusal.field ?? "";
  }
}

/**
 * The one way to steps. Comes back with growing, jittered pauses, and goes on behind the last step of each run
 * that it follows: every step is given to `onMessage` once, in order.
 */
export class Socket {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Map<string, { cursor: number, acked: number }>} */ #runs = new Map();
  /** @type {Map<string, { resolve: (message: any) => void, reject: (reason: Error) => void }>} */
  #questions = new Map();
  #asked = 0;
  #tries = 0;
  #greeted = false;
  #timer = 0;
  #pulse = 0;

  /**
   * @param {string} address
   * @param {(message: ServerMessage) => void} onMessage
   * @param {(state: State, code: number) => void} onState with the close code of the last socket, or 0
   */
  constructor(address, onMessage, onState) {
    this.address = address;
    this.onMessage = onMessage;
    this.onState = onState;
  }

  open() {
    clearTimeout(this.#timer);
    if (this.#socket) return;
    this.onState("connecting", 0);
    const socket = new WebSocket(this.address);
    this.#socket = socket;
    this.#greeted = false;
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#take(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#closed(event.code);
    };
  }

  /**
   * Sends, and gives the direct answer. Throws Refused, also where the connection breaks before the answer.
   *
   * @param {ClientMessage} message
   * @returns {Promise<any>}
   */
  ask(message) {
    return new Promise((resolve, reject) => {
      const ref = `q${this.#asked++}`;
      if (!this.#send({ ...message, ref })) {
        reject(new Refused({ code: "failed", message: "There is no connection just now; try again." }));
        return;
      }
      this.#questions.set(ref, { resolve, reject });
    });
  }

  /**
   * Every step of the run behind `after`, on this connection and the next ones, until it ends.
   *
   * @param {string} run
   * @param {number} after
   * @param {boolean} [subscribed] the server has subscribed this connection by itself
   */
  follow(run, after, subscribed = false) {
    this.#runs.set(run, { cursor: after, acked: after });
    if (!subscribed) this.#send({ type: "subscribe", run, after });
  }

  /** @param {string} run */
  isFollowing(run) {
    return this.#runs.has(run);
  }

  /** @param {ServerMessage} message */
  #take(message) {
    if (message.type === "hello") this.#greet();
    const ref = "ref" in message ? message.ref : undefined;
    const question = ref === undefined ? undefined : this.#questions.get(ref);
    if (ref !== undefined && question) {
      this.#questions.delete(ref);
      if (message.type === "error") question.reject(new Refused(message));
      else question.resolve(message);
    }
    this.onMessage(message);
    if (message.type === "steps") this.#acknowledge(message.run, message.steps.at(-1)?.i ?? -1);
    if (message.type === "gone" || (message.type === "finished" && this.#isLast(message))) this.#runs.delete(message.run);
    if (message.type === "error" && message.run && message.code === "not_found") this.#runs.delete(message.run);
  }

  /**
   * The end that answers a cancel may overtake the run's last steps.
   *
   * @param {{ run: string, steps: number, ref?: string }} end
   */
  #isLast(end) {
    return end.ref === undefined || end.steps - 1 <= (this.#runs.get(end.run)?.cursor ?? -1);
  }

  #greet() {
    this.#tries = 0;
    this.#greeted = true;
    for (const [run, at] of this.#runs) {
      at.acked = at.cursor;
      this.#send({ type: "subscribe", run, after: at.cursor });
    }
    this.#beat();
    this.onState("open", 0);
  }

  /**
   * @param {string} run
   * @param {number} i
   */
  #acknowledge(run, i) {
    const at = this.#runs.get(run);
    if (!at) return;
    at.cursor = Math.max(at.cursor, i);
    if (at.cursor - at.acked < ACK_EVERY) return;
    at.acked = at.cursor;
    this.#send({ type: "ack", run, i: at.cursor });
  }

  /** A connection that died without a word is noticed by the missing answer. */
  #beat() {
    clearTimeout(this.#pulse);
    this.#pulse = setTimeout(() => {
      const socket = this.#socket;
      const late = setTimeout(() => {
        if (socket === this.#socket) this.#closed(1006);
        socket?.close();
      }, PATIENCE);
      const on = () => {
        clearTimeout(late);
        if (socket === this.#socket && socket) this.#beat();
      };
      this.ask({ type: "ping" }).then(on, on);
    }, PING);
  }

  /** @param {number} code */
  #closed(code) {
    this.#socket = null;
    this.#greeted = false;
    clearTimeout(this.#pulse);
    const lost = new Refused({ code: "failed", message: "The connection broke before the answer; try again." });
    for (const question of this.#questions.values()) question.reject(lost);
    this.#questions.clear();
    if (NOT_AGAIN.has(code)) {
      this.onState("refused", code);
      return;
    }
    this.onState("waiting", code);
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#tries++);
    this.#timer = setTimeout(() => this.open(), pause * (0.5 + Math.random()));
  }

  /**
   * @param {ClientMessage & { ref?: string }} message
   * @returns {boolean} whether there was a connection to send it on
   */
  #send(message) {
    if (!this.#greeted || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }
}
