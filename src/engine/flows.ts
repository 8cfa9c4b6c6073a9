import type { FlowName } from '../core/names.ts'
import type { FlowEnd } from '../core/operation.ts'
import { encode, newHistogram } from './histogram.ts'
import type { LatencyHistogram } from './histogram.ts'
import type { EncodedHistogram, FlowBegun } from './report.ts'

/** What became of one flow in the measured window: plain data. */
export interface FlowReport {
  readonly flow: FlowName
  /** Keys that a measured success began, and those of them of which every part was seen. */
  readonly expected: number
  readonly completed: number
  readonly missing: number
  /** Parts of any key whose effect happened more than once. */
  readonly doubled: number
  /** From the intended start of the arrival to each end, by weight; absent without samples. */
  readonly latency?: EncodedHistogram
}

/** Follows work that begins in one process and ends in others. Ends may be seen before the beginning. */
export interface FlowTracker {
  begun(begun: readonly FlowBegun[]): void
  ended(ends: readonly FlowEnd[]): void
  /** Keys that began and are not complete: what the drain waits for. */
  outstanding(): number
  reports(): FlowReport[]
}

/** One key that is not complete yet. */
interface Key {
  begun: FlowBegun | undefined
  readonly of: number
  /** One byte per part that was seen. */
  readonly seen: Uint8Array
  left: number
  /** Ends seen before the beginning, as pairs (moment, weight). */
  readonly early: number[]
}

interface FlowState {
  expected: number
  completed: number
  doubled: number
  readonly latency: LatencyHistogram
  /** Begun, and no end seen. */
  readonly waiting: Map<string, FlowBegun>
  readonly partial: Map<string, Key>
  /** Complete keys, as hashes of 53 bits: enough to notice an end too many, small enough for long runs. */
  readonly complete: Set<number>
}

/** FNV-1a in two lanes with different offsets and primes: 53 bits, so a million keys collide once in 20,000 runs. */
function hashKey(key: string): number {
  let low = 0x811c9dc5
  let high = 0x2545f491
  for (let index = 0; index < key.length; index += 1) {
    const code = key.charCodeAt(index)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code, 0x85ebca6b) ^ (high >>> 15)
  }
  return ((high >>> 0) & 0x1f_ffff) * 2 ** 32 + (low >>> 0)
}

function recordEnd(state: FlowState, begun: FlowBegun, atMicros: number, weight: number): void {
  if (begun.phase !== 'measure' || weight <= 0) return
  const micros = Math.min(
    Math.max(1, Math.round(atMicros - begun.intendedMicros)),
    state.latency.hdr.highestTrackableValue,
  )
  state.latency.hdr.recordValueWithCount(micros, weight)
  state.latency.maxMicros = Math.max(state.latency.maxMicros, micros)
}

function complete(state: FlowState, id: string, begun: FlowBegun): void {
  if (begun.phase === 'measure') state.completed += 1
  state.partial.delete(id)
  state.complete.add(hashKey(id))
}

function begin(state: FlowState, begun: FlowBegun): void {
  if (begun.phase === 'measure') state.expected += 1
  const key = state.partial.get(begun.key)
  if (key === undefined) {
    state.waiting.set(begun.key, begun)
    return
  }
  key.begun = begun
  for (let index = 0; index < key.early.length; index += 2)
    recordEnd(state, begun, key.early[index] ?? 0, key.early[index + 1] ?? 0)
  key.early.length = 0
  if (key.left === 0) complete(state, begun.key, begun)
}

function end(state: FlowState, { key: id, part, of, weight, atMicros }: FlowEnd): void {
  let key = state.partial.get(id)
  if (key === undefined) {
    if (state.complete.has(hashKey(id))) {
      state.doubled += 1
      return
    }
    key = { begun: state.waiting.get(id), of, seen: new Uint8Array(of), left: of, early: [] }
    state.waiting.delete(id)
    state.partial.set(id, key)
  }
  if (key.seen[part] !== 0) {
    state.doubled += 1
    return
  }
  key.seen[part] = 1
  key.left -= 1
  if (key.begun === undefined) key.early.push(atMicros, weight)
  else {
    recordEnd(state, key.begun, atMicros, weight)
    if (key.left === 0) complete(state, id, key.begun)
  }
}

function reportOf(flow: FlowName, state: FlowState): FlowReport {
  const { expected, completed, doubled } = state
  const latency = encode(state.latency)
  const counted = { flow, expected, completed, missing: expected - completed, doubled }
  return latency === undefined ? counted : { ...counted, latency }
}

/**
 * A tracker of the named flows, for the main thread. A key whose beginning is never reported (its write timed out, say)
 * is neither expected nor completed, though its doubled ends count.
 * @throws RangeError when a flow is not among `flows`
 */
export function trackFlows(flows: readonly FlowName[]): FlowTracker {
  const states = new Map<FlowName, FlowState>(
    flows.map((flow) => [
      flow,
      {
        expected: 0,
        completed: 0,
        doubled: 0,
        latency: newHistogram(),
        waiting: new Map(),
        partial: new Map(),
        complete: new Set(),
      },
    ]),
  )

  function stateOf(flow: FlowName): FlowState {
    const state = states.get(flow)
    if (state === undefined) throw new RangeError(`no flow is named ${flow}`)
    return state
  }

  return {
    begun(all) {
      for (const begun of all) begin(stateOf(begun.flow), begun)
    },
    ended(ends) {
      for (const each of ends) end(stateOf(each.flow), each)
    },
    outstanding() {
      let count = 0
      for (const { waiting, partial } of states.values()) {
        count += waiting.size
        for (const key of partial.values()) if (key.begun !== undefined) count += 1
      }
      return count
    },
    reports: () => [...states].map(([flow, state]) => reportOf(flow, state)),
  }
}
