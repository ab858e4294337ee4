/** @import { Line, TurnOutline } from "../study/study.d.ts" */

/**
 * @typedef {object} TreeNode
 * @property {string} id
 * @property {TurnOutline | null} turn a question, or
 * @property {Line | null} run whose own steps `from … to-1` this stretch is
 * @property {number} from
 * @property {number} to
 * @property {boolean} isEnd an answer ends here
 * @property {number} answers how many answers go through it, those of later turns too
 * @property {TreeNode | null} parent
 * @property {TreeNode[]} children in the order in which they were made
 * @property {number} order
 */

/**
 * A study as stretches of tokens, split where branches leave; a question stands before its answers. Gives the
 * nodes parents first. Deleted runs are there only as far as living ones share their steps.
 *
 * @param {Iterable<TurnOutline>} turns
 * @param {Iterable<Line>} runs in the order in which they were made
 * @returns {TreeNode[]}
 */
export function treeNodes(turns, runs) {
  const all = [...runs];
  /** @type {Map<string, Line>} */
  const byId = new Map(all.map((run) => [run.id, run]));
  const [ages, shared] = [new Map(all.map((run, age) => [run.id, age])), attached(all, byId)];
  /** @type {Map<string, Line[]>} */
  const first = new Map();
  for (const run of all) {
    if (!holder(run, byId) && isThere(run, shared)) push(first, run.turn, run);
  }
  /** @type {Map<string | null, TurnOutline[]>} */
  const following = new Map();
  for (const turn of turns) if (first.has(turn.id)) push(following, turn.follows, turn);

  /** @type {TreeNode[]} */
  const nodes = [];
  /** @type {(() => void)[]} what is still to be hung up: a long line of branches must not need a deep stack */
  const waiting = [];

  /** @param {TreeNode | null} parent @param {Partial<TreeNode> & { id: string }} more */
  const add = (parent, more) => {
    const run = more.run ?? null;
    const order = (run && ages.get(run.id)) ?? parent?.order ?? -1;
    const node = { turn: null, from: 0, to: 0, isEnd: false, answers: 0, parent, children: [], ...more, run, order };
    parent?.children.push(node);
    nodes.push(node);
    return node;
  };
  /** @param {TurnOutline} turn @param {TreeNode | null} parent */
  const ask = (turn, parent) => {
    const node = add(parent, { id: `turn ${turn.id}`, turn });
    for (const run of first.get(turn.id) ?? []) waiting.push(() => answer(run, node));
  };
  /** @param {Line} run @param {TreeNode} parent */
  const answer = (run, parent) => {
    const branches = shared.get(run.id) ?? new Map();
    const end = run.deleted ? 0 : length(run);
    const cuts = [...branches.keys(), ...(run.deleted ? [] : [end])].sort((a, b) => a - b);
    let [node, from] = [parent, run.at ?? 0];
    for (const to of new Set(cuts)) {
      node = add(node, { id: `${run.id} ${from}`, run, from, to, isEnd: !run.deleted && to === end });
      const [here, at] = [node, branches.get(to) ?? []];
      for (const branch of at) waiting.push(() => answer(branch, here));
      if (node.isEnd) for (const turn of following.get(run.id) ?? []) waiting.push(() => ask(turn, here));
      from = to;
    }
  };

  for (const turn of following.get(null) ?? []) ask(turn, null);
  for (let next = waiting.shift(); next; next = waiting.shift()) next();
  for (const node of [...nodes].reverse()) {
    if (node.isEnd) node.answers += 1;
    if (node.parent) node.parent.answers += node.answers;
    node.children.sort((a, b) => a.order - b.order);
  }
  return nodes;
}

/** How many steps a run has by now. @param {Line} run */
export function length(run) {
  return Math.max(run.total, run.steps.length, run.at ?? 0);
}

/** The run whose own step is the last that this one shares. @param {Line} run @param {Map<string, Line>} byId */
function holder(run, byId) {
  const at = run.at ?? 0;
  let above = byId.get(run.parent ?? "");
  while (above && at <= (above.at ?? 0)) above = byId.get(above.parent ?? "");
  return above;
}

/**
 * For each run the branches that leave it, by the step at which they do. Only what leads to a living run.
 *
 * @param {Line[]} all
 * @param {Map<string, Line>} byId
 */
function attached(all, byId) {
  /** @type {Map<string, Map<number, Line[]>>} */
  const found = new Map();
  const parents = new Map(all.map((run) => [run.id, holder(run, byId)]));
  const needed = new Set();
  for (const run of all) {
    if (run.deleted) continue;
    for (let one = /** @type {Line | undefined} */ (run); one && !needed.has(one.id); one = parents.get(one.id)) {
      needed.add(one.id);
    }
  }
  for (const run of all) {
    const parent = parents.get(run.id);
    if (!parent || !needed.has(run.id)) continue;
    const places = found.get(parent.id) ?? new Map();
    found.set(parent.id, places);
    push(places, run.at ?? 0, run);
  }
  return found;
}

/** @param {Line} run @param {Map<string, unknown>} shared */
function isThere(run, shared) {
  return !run.deleted || shared.has(run.id);
}

/**
 * @template Key, Value
 * @param {Map<Key, Value[]>} lists
 * @param {Key} key
 * @param {Value} value
 */
function push(lists, key, value) {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
