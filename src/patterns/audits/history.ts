/**
 * One operation on one register, as its caller saw it. Times are microseconds of one clock; `finished` is undefined where
 * no answer was seen: then the operation may have taken effect at any time after its start, or never.
 */
export interface HistoryOperation {
  readonly label: string
  readonly started: number
  readonly finished: number | undefined
  /** The state after the operation took effect in `state`, whatever it answered. */
  effect(state: number): number
  /** Whether the answer that was seen is the right one in `state`. */
  answers(state: number): boolean
}

/** What the search for an order found; `core` is a smallest set of answers that no order can explain. */
export type HistoryVerdict =
  | { readonly kind: 'explained' }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'violated'; readonly core: readonly HistoryOperation[]; readonly againstFinal: boolean }

/** Configurations tried before a history counts as undecided: histories per register are short, so this is never near. */
const SEARCH_LIMIT = 200_000

interface Configuration {
  readonly state: number
  /** All answered operations before this index are done. */
  readonly low: number
  /** Answered operations from `low` on that are done, ascending. */
  readonly ahead: readonly number[]
  /** Unanswered operations that have taken effect, ascending. */
  readonly guessed: readonly number[]
}

function byStart(one: HistoryOperation, other: HistoryOperation): number {
  return one.started - other.started
}

function insert(list: readonly number[], value: number): readonly number[] {
  return [...list, value].sort((one, other) => one - other)
}

function doAnswered(from: Configuration, index: number, state: number): Configuration {
  if (index !== from.low) return { ...from, state, ahead: insert(from.ahead, index) }
  let low = index + 1
  let passed = 0
  while (from.ahead[passed] === low) {
    low += 1
    passed += 1
  }
  return { ...from, state, low, ahead: from.ahead.slice(passed) }
}

function* successors(
  from: Configuration,
  answered: readonly HistoryOperation[],
  unanswered: readonly HistoryOperation[],
): Generator<Configuration> {
  // An operation may come next unless one that is not done yet was answered before it began.
  let bound = Infinity
  for (let index = from.low; index < answered.length; index += 1) {
    const operation = answered[index]
    if (operation === undefined || from.ahead.includes(index)) continue
    if (operation.started > bound) break
    bound = Math.min(bound, operation.finished ?? Infinity)
    if (operation.answers(from.state)) yield doAnswered(from, index, operation.effect(from.state))
  }
  for (const [index, operation] of unanswered.entries()) {
    if (operation.started > bound) break
    const state = operation.effect(from.state)
    if (state === from.state || from.guessed.includes(index)) continue
    yield { ...from, state, guessed: insert(from.guessed, index) }
  }
}

/** Depth first with memory, after Wing and Gong, and Lowe: is there an order that explains every answer? */
function isExplained(
  operations: readonly HistoryOperation[],
  initial: number,
  final: number | undefined,
): boolean | undefined {
  const answered = operations.filter((operation) => operation.finished !== undefined).sort(byStart)
  const unanswered = operations.filter((operation) => operation.finished === undefined).sort(byStart)
  const seen = new Set<string>()
  const stack: Configuration[] = [{ state: initial, low: 0, ahead: [], guessed: [] }]
  for (let from = stack.pop(); from !== undefined; from = stack.pop()) {
    if (from.low === answered.length && (final === undefined || from.state === final)) return true
    const key = `${from.state}|${from.low}|${from.ahead.join()}|${from.guessed.join()}`
    if (seen.has(key)) continue
    seen.add(key)
    if (seen.size > SEARCH_LIMIT) return undefined
    stack.push(...successors(from, answered, unanswered))
  }
  return false
}

function unansweredAfter(operations: readonly HistoryOperation[], moment: number): HistoryOperation[] {
  return operations
    .filter((operation) => operation.started <= moment)
    .map((operation) =>
      (operation.finished ?? Infinity) > moment ? { ...operation, finished: undefined } : operation,
    )
}

/**
 * The history up to the first moment at which it cannot be explained any more. Sound: every beginning of a history that
 * can be explained can be explained.
 */
function shortestPrefix(
  operations: readonly HistoryOperation[],
  initial: number,
): HistoryOperation[] | undefined {
  const ends = operations.flatMap((operation) => operation.finished ?? []).sort((one, other) => one - other)
  for (const end of ends) {
    const prefix = unansweredAfter(operations, end)
    if (isExplained(prefix, initial, undefined) === false) return prefix
  }
  return undefined
}

/** Forgets answers one by one while the rest still cannot be explained. Sound: forgetting only allows more orders. */
function smallestCore(
  operations: readonly HistoryOperation[],
  initial: number,
  final: number | undefined,
): readonly HistoryOperation[] {
  let kept = [...operations]
  for (const [index, operation] of operations.entries()) {
    if (operation.finished === undefined) continue
    const without = kept.map((one, at) => (at === index ? { ...one, finished: undefined } : one))
    if (isExplained(without, initial, final) === false) kept = without
  }
  return operations.filter((_, index) => kept[index]?.finished !== undefined)
}

/**
 * Whether some order of the operations, each between its start and its answer, explains every answer and ends in `final`
 * (not asked when undefined): linearizability of one register. Near linear where few operations overlap.
 */
export function checkHistory(
  operations: readonly HistoryOperation[],
  initial: number,
  final: number | undefined,
): HistoryVerdict {
  const explained = isExplained(operations, initial, final)
  if (explained === undefined) return { kind: 'undecided' }
  if (explained) return { kind: 'explained' }
  const prefix = shortestPrefix(operations, initial)
  const core =
    prefix === undefined ? smallestCore(operations, initial, final) : smallestCore(prefix, initial, undefined)
  return { kind: 'violated', core: [...core].sort(byStart), againstFinal: prefix === undefined }
}
