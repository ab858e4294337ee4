// The socket's messages as generation/PROTOCOL.md lists them; a test holds the names equal.

export interface Settings {
  model: string;
  k: number;
  temperature: number;
  top_p: number;
  min_p: number;
  max_new_tokens: number;
  seed: number | null;
  prefix: string;
  delay: number;
  guard: boolean | null;
  tau: number | null;
}

export type Given = Partial<Settings>;
export type Origin = "sampled" | "prefix" | "edit" | "nudge" | "given";
export type Status = "queued" | "running" | "finished";
export type Reason = "eos" | "stop" | "length" | "cancelled" | "blocked" | "failed";
/** Id, visible text, the model's own log-probability, probability of being drawn. */
export type Alternative = [number, string, number, number];

export interface Step {
  i: number;
  id: number;
  text: string;
  origin: Origin;
  logprob: number;
  p: number;
  rank: number;
  entropy: number;
  top: Alternative[];
  guard?: Record<string, number>;
  t: number;
}

export interface Run {
  id: string;
  study: string;
  parent: string | null;
  at: number | null;
  prompt: string;
  settings: Settings;
  status: Status;
  reason: Reason | null;
  steps: number;
  text: string;
  nudges: number;
  created: string;
  model: { name: string; fingerprint: string };
}

export interface Generate {
  type: "generate";
  prompt: string;
  study?: string;
  after?: string | null;
  system?: string;
  settings?: Given;
}

export interface Branch {
  type: "branch";
  run: string;
  at: number;
  token?: number;
  text?: string;
  settings?: Given;
}

export interface Score {
  type: "score";
  text: string;
  prompt?: string;
  system?: string;
  settings?: Given;
}

export interface Cancel {
  type: "cancel";
  run: string;
}

export interface Subscribe {
  type: "subscribe";
  run: string;
  after?: number;
}

export interface Unsubscribe {
  type: "unsubscribe";
  run: string;
}

export interface Ack {
  type: "ack";
  run: string;
  i: number;
}

export interface Ping {
  type: "ping";
}

export type ClientMessage = Generate | Branch | Score | Cancel | Subscribe | Unsubscribe | Ack | Ping;

export interface Hello {
  type: "hello";
  protocol: number;
  user: string;
  models: string[];
  limits: Record<string, unknown>;
}

export interface Accepted {
  type: "accepted";
  run: Run;
  ref?: string;
}

export interface Queued {
  type: "queued";
  run: string;
  position: number;
}

export interface Started {
  type: "started";
  run: string;
  prompt_tokens: number;
  reused_tokens: number;
}

export interface Steps {
  type: "steps";
  run: string;
  steps: Step[];
}

export interface Nudge {
  type: "nudge";
  run: string;
  at: number;
  guard: string;
  score: number;
  tau: number;
  text: string;
  steps: number;
}

export interface Verdict {
  type: "verdict";
  run: string;
  guard: string;
  label: string;
  score: number;
  action: string;
  detail: string;
}

export interface Retract {
  type: "retract";
  run: string;
  from: number;
  to: number;
  reason: string;
}

export interface Finished {
  type: "finished";
  run: string;
  reason: Reason;
  steps: number;
  usage: Record<string, number>;
  timings: Record<string, number>;
  guard?: Record<string, number>;
  message?: string;
  ref?: string;
}

export interface Gone {
  type: "gone";
  run: string;
  ref?: string;
}

export interface Error {
  type: "error";
  code: string;
  message: string;
  ref?: string;
  run?: string;
  field?: string;
  retry_after?: number;
}

export interface Pong {
  type: "pong";
  ref?: string;
}

export type ServerMessage =
  | Hello
  | Accepted
  | Queued
  | Started
  | Steps
  | Nudge
  | Verdict
  | Retract
  | Finished
  | Gone
  | Error
  | Pong;
