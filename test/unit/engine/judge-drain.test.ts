import t from 'tap'
import { drainReasons, judgeDrain } from '../../../src/engine/judge-drain.ts'

const target = { belowSeconds: 5, why: 'own target' }
const onTime = { buckets: [], maxMicros: 2_000, suspensions: 0 }
const late = { buckets: [], maxMicros: 900_000, suspensions: 0 }

t.test('a drain within its bound is met, one that takes longer is missed and FAIL', async (t) => {
  const met = judgeDrain(target, { seconds: 4.9, drained: true, watchdog: onTime })
  t.same(met, { ...target, met: true, decided: true })
  t.same(drainReasons(met, 4.9), [])
  const missed = judgeDrain(target, { seconds: 5, drained: true, watchdog: onTime })
  t.same(missed, { ...target, met: false, decided: true }, 'below, not at')
  t.same(drainReasons(missed, 5), [{ verdict: 'FAIL', reason: 'drain < 5 s (own target): 5.0 s' }])
})

t.test('a drain that was given up is missed, however soon', async (t) => {
  t.match(judgeDrain(target, { seconds: 1, drained: false, watchdog: onTime }), { met: false, decided: true })
})

t.test('missed while the machine was late is undecided; met is met (law 4)', async (t) => {
  const missed = judgeDrain(target, { seconds: 7, drained: true, watchdog: late })
  t.match(missed, { met: false, decided: false })
  t.match(drainReasons(missed, 7), [{ verdict: 'VOID', reason: /7\.0 s, but the machine woke too late/ }])
  t.match(judgeDrain(target, { seconds: 4, drained: true, watchdog: late }), { met: true, decided: true })
})
