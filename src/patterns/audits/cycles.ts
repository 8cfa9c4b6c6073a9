/** One transaction of a history. Times are microseconds of one clock; undefined where nobody saw it answered. */
export interface HistoryNode {
  readonly label: string
  readonly started: number | undefined
  readonly finished: number | undefined
}

/** `from` came before `to`, and why: both changed one thing, say, in this order. */
export interface HistoryEdge {
  readonly from: number
  readonly to: number
  readonly why: string
}

/** A step of a cycle; `why` says how this transaction came before the next one of the list (the last: the first). */
export interface CycleStep {
  readonly node: number
  readonly why: string
}

const REAL_TIME = 'was answered before the next one began'

interface Graph {
  /** Targets of node n: `targets[firsts[n]]` up to, and without, `targets[firsts[n + 1]]`. */
  readonly firsts: Int32Array
  readonly targets: Int32Array
  /** The edge's place in the list of edges; -1 for real time. */
  readonly reasons: Int32Array
}

function graphOf(
  size: number,
  from: readonly number[],
  to: readonly number[],
  why: readonly number[],
): Graph {
  const firsts = new Int32Array(size + 1)
  for (const node of from) firsts[node + 1] = (firsts[node + 1] ?? 0) + 1
  for (let node = 0; node < size; node += 1) firsts[node + 1] = (firsts[node + 1] ?? 0) + (firsts[node] ?? 0)
  const next = firsts.slice()
  const targets = new Int32Array(to.length)
  const reasons = new Int32Array(to.length)
  for (const [edge, node] of from.entries()) {
    const place = next[node] ?? 0
    next[node] = place + 1
    targets[place] = to[edge] ?? 0
    reasons[place] = why[edge] ?? -1
  }
  return { firsts, targets, reasons }
}

/**
 * Real time as edges, few of them: behind each answer stands a barrier, barriers follow each other, and whoever began
 * behind a barrier comes after it. A transaction is before another one if it was answered before that one began.
 */
function addRealTime(nodes: readonly HistoryNode[], from: number[], to: number[], why: number[]): number {
  const link = (one: number, other: number): void => {
    from.push(one)
    to.push(other)
    why.push(-1)
  }
  const answered = nodes
    .map((node, index) => ({ index, at: node.finished ?? Infinity }))
    .filter(({ at }) => Number.isFinite(at))
    .sort((one, other) => one.at - other.at)
  answered.forEach(({ index }, place) => {
    link(index, nodes.length + place)
    if (place > 0) link(nodes.length + place - 1, nodes.length + place)
  })
  for (const [index, node] of nodes.entries()) {
    if (node.started === undefined) continue
    let low = 0
    let high = answered.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((answered[middle]?.at ?? Infinity) < node.started) low = middle + 1
      else high = middle
    }
    if (low > 0) link(nodes.length + low - 1, index)
  }
  return nodes.length + answered.length
}

/** Takes away whatever nothing comes before, again and again: what stays is on a cycle, or behind one. */
function stuck(size: number, graph: Graph): Uint8Array {
  const before = new Int32Array(size)
  for (const target of graph.targets) before[target] = (before[target] ?? 0) + 1
  const left = new Uint8Array(size).fill(1)
  const free: number[] = []
  before.forEach((count, node) => count === 0 && free.push(node))
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    left[node] = 0
    for (let edge = graph.firsts[node] ?? 0; edge < (graph.firsts[node + 1] ?? 0); edge += 1) {
      const target = graph.targets[edge] ?? 0
      before[target] = (before[target] ?? 0) - 1
      if (before[target] === 0) free.push(target)
    }
  }
  return left
}

/** The shortest way from a node back to itself among those that are stuck; edges by their place, undefined without one. */
function shortestWayBack(
  start: number,
  graph: Graph,
  left: Uint8Array,
): readonly [node: number, edge: number][] | undefined {
  const cameBy = new Map<number, readonly [node: number, edge: number]>()
  let rim = [start]
  while (rim.length > 0) {
    const next: number[] = []
    for (const node of rim) {
      for (let edge = graph.firsts[node] ?? 0; edge < (graph.firsts[node + 1] ?? 0); edge += 1) {
        const target = graph.targets[edge] ?? 0
        if (left[target] !== 1 || cameBy.has(target)) continue
        cameBy.set(target, [node, edge])
        if (target === start) return wayOf(start, cameBy)
        next.push(target)
      }
    }
    rim = next
  }
  return undefined
}

function wayOf(
  start: number,
  cameBy: ReadonlyMap<number, readonly [node: number, edge: number]>,
): readonly [node: number, edge: number][] {
  const way: [number, number][] = []
  let at = start
  do {
    const [node, edge] = cameBy.get(at) ?? [start, 0]
    way.unshift([node, edge])
    at = node
  } while (at !== start)
  return way
}

/**
 * Looks for a cycle in a history: transactions, the order in which they changed the same things, and real time. Without
 * one, some order of all transactions explains what was seen (strict serializability of the writes; after Elle's
 * list-append model: references.md, C-14). Near linear in transactions and edges.
 * @returns a short cycle, or undefined
 */
export function findCycle(
  nodes: readonly HistoryNode[],
  edges: readonly HistoryEdge[],
): readonly CycleStep[] | undefined {
  const from = edges.map((edge) => edge.from)
  const to = edges.map((edge) => edge.to)
  const why = edges.map((_, index) => index)
  const size = addRealTime(nodes, from, to, why)
  const graph = graphOf(size, from, to, why)
  const left = stuck(size, graph)
  for (let start = 0; start < nodes.length; start += 1) {
    if (left[start] !== 1) continue
    const way = shortestWayBack(start, graph, left)
    if (way === undefined) continue
    return way
      .filter(([node]) => node < nodes.length)
      .map(([node, edge]) => ({ node, why: edges[graph.reasons[edge] ?? -1]?.why ?? REAL_TIME }))
  }
  return undefined
}
