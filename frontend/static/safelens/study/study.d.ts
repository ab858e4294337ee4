// What a page draws: a study's outline as generation/outline.py writes it, and what the store makes of it.

import type { Nudge, Reason, Settings, Status, Step } from "../stream/protocol.d.ts";

export interface TurnOutline {
  id: string;
  follows: string | null;
  text: string;
  system: string;
}

export interface RunOutline {
  id: string;
  turn: string;
  parent: string | null;
  at: number | null;
  settings: Omit<Settings, "prefix">;
  status: Status;
  reason: Reason | null;
  message: string | null;
  steps: number;
  created: string;
  /** How its own steps' text begins; empty before its end. */
  opening: string;
  /** The mean of its own steps' log-probabilities; null before its end. */
  logprob: number | null;
  seen: boolean;
  deleted: string | null;
}

export interface Outline {
  id: string;
  title: string;
  favourite: string | null;
  turns: TurnOutline[];
  runs: RunOutline[];
}

/** A run as the page holds it: `steps` are those that have come, shared ones included. */
export interface Line extends Omit<RunOutline, "steps"> {
  steps: Step[];
  /** How many steps a finished run has; `steps` may still be on their way. */
  total: number;
  /** Place in the queue, 1 is next; 0 when it doesn't wait. */
  position: number;
  started: boolean;
  gone: boolean;
  /** `after` so many steps had come when they were withdrawn. */
  retracted: { from: number; to: number; reason: string; after: number }[];
  nudges: Nudge[];
  /** What was taken back, by its step, where a member of staff sees it struck out. */
  struck: Map<number, string>;
  /** What each guard said of the whole answer, the last token included; null before its end. */
  judged: Record<string, number> | null;
}

/** Where the text could go on in another way: `n` of `m`, and the run to show for each of them. */
export interface Fork {
  at: number;
  n: number;
  runs: string[];
}

export interface Passage {
  turn: TurnOutline;
  run: Line;
  /** Sibling turns: other questions at this place. */
  turnFork: Fork | null;
}
