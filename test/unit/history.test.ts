import fc from 'fast-check'
import t from 'tap'
import { checkHistory } from '../../src/patterns/audits/history.ts'
import type { HistoryOperation } from '../../src/patterns/audits/history.ts'

interface Call {
  readonly kind: 'add' | 'remove'
  readonly started: number
  readonly finished: number | undefined
  /** Whether it said that it changed something. */
  readonly changed: boolean
}

/** A register that holds 1 (there) or 0 (not there). */
function operation(call: Call): HistoryOperation {
  const after = call.kind === 'add' ? 1 : 0
  return {
    label: `${call.kind} ${call.changed} ${call.started}..${call.finished}`,
    started: call.started,
    finished: call.finished,
    effect: () => after,
    answers: (state) => (state !== after) === call.changed,
  }
}

function verdictOf(calls: readonly Call[], final: number | undefined): string {
  return checkHistory(calls.map(operation), 0, final).kind
}

/** Every order of every choice of unanswered calls, tried one by one. */
function explainedByForce(calls: readonly Call[], state: number, final: number | undefined): boolean {
  if (calls.every((call) => call.finished === undefined) && (final === undefined || state === final))
    return true
  return calls.some((call, index) => {
    const rest = calls.filter((_, at) => at !== index)
    if (rest.some((other) => other.finished !== undefined && other.finished < call.started)) return false
    const next = call.kind === 'add' ? 1 : 0
    if (call.finished !== undefined && (state !== next) !== call.changed) return false
    return explainedByForce(rest, next, final)
  })
}

t.test('a sequential history with right answers is explained', async (t) => {
  const calls: Call[] = [
    { kind: 'add', started: 0, finished: 10, changed: true },
    { kind: 'add', started: 20, finished: 30, changed: false },
    { kind: 'remove', started: 40, finished: 50, changed: true },
  ]
  t.equal(verdictOf(calls, 0), 'explained')
  t.equal(verdictOf(calls, 1), 'violated', 'and its last state must be the one found')
})

t.test('overlapping operations may take effect in either order', async (t) => {
  const calls: Call[] = [
    { kind: 'add', started: 0, finished: 30, changed: true },
    { kind: 'remove', started: 10, finished: 20, changed: false },
  ]
  t.equal(verdictOf(calls, 1), 'explained')
  t.equal(verdictOf(calls, 0), 'violated', 'the removal found nothing, so the addition stays')
})

t.test('an operation without an answer happens once, late, or never', async (t) => {
  const unanswered: Call = { kind: 'add', started: 0, finished: undefined, changed: true }
  t.equal(verdictOf([unanswered], 0), 'explained')
  t.equal(verdictOf([unanswered], 1), 'explained')
  const later: Call = { kind: 'remove', started: 100, finished: 110, changed: false }
  t.equal(
    verdictOf([unanswered, later], 1),
    'explained',
    'it may take effect after a removal that saw nothing',
  )
  const twice: Call[] = [
    { kind: 'remove', started: 100, finished: 110, changed: true },
    { kind: 'remove', started: 200, finished: 210, changed: true },
  ]
  t.equal(verdictOf([unanswered, ...twice], 0), 'violated', 'but not twice')
})

t.test('the counter-example is the smallest set of answers that contradict each other', async (t) => {
  const calls: Call[] = [
    { kind: 'add', started: 0, finished: 10, changed: true },
    { kind: 'remove', started: 20, finished: 30, changed: true },
    { kind: 'add', started: 40, finished: 50, changed: true },
    { kind: 'add', started: 60, finished: 70, changed: true },
    { kind: 'remove', started: 80, finished: 90, changed: true },
  ]
  const verdict = checkHistory(calls.map(operation), 0, 0)
  t.equal(verdict.kind, 'violated')
  if (verdict.kind !== 'violated') return
  t.equal(verdict.againstFinal, false)
  // The removal belongs to it: had it no answer, it might have come between the two additions.
  t.strictSame(
    verdict.core.map((one) => one.label),
    ['remove true 20..30', 'add true 40..50', 'add true 60..70'],
  )
})

t.test('a lost update is told against the final state', async (t) => {
  const verdict = checkHistory([operation({ kind: 'add', started: 0, finished: 10, changed: true })], 0, 0)
  t.match(verdict, { kind: 'violated', againstFinal: true, core: [{ label: 'add true 0..10' }] })
})

t.test('a long history with few overlaps is decided', async (t) => {
  const calls: Call[] = Array.from({ length: 3_000 }, (_, index) => ({
    kind: index % 2 === 0 ? 'add' : 'remove',
    started: index * 10,
    finished: index * 10 + 12,
    changed: true,
  }))
  t.equal(verdictOf(calls, 0), 'explained')
})

t.test('the search agrees with trying every order', async (t) => {
  const call = fc.record({
    kind: fc.constantFrom('add' as const, 'remove' as const),
    started: fc.integer({ min: 0, max: 12 }),
    length: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
    changed: fc.boolean(),
  })
  const property = fc.property(
    fc.array(call, { maxLength: 6 }),
    fc.constantFrom(0, 1, undefined),
    (drawn, final) => {
      const calls: Call[] = drawn.map(({ length, ...rest }) => ({
        ...rest,
        finished: length === undefined ? undefined : rest.started + length,
      }))
      return (verdictOf(calls, final) === 'explained') === explainedByForce(calls, 0, final)
    },
  )
  fc.assert(property, { numRuns: 2_000 })
  t.pass('2,000 random histories')
})
