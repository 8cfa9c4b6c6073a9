import t from 'tap'
import { runLoad } from '../../src/engine/dispatch.ts'
import { walkArrivals } from '../../src/engine/arrivals.ts'
import type { OperationReport } from '../../src/engine/report.ts'
import { pauseMicros, runMicros } from '../../src/engine/schedule.ts'
import type { PausePlan, SchedulePlan } from '../../src/engine/schedule.ts'
import { addWatchdog } from '../../src/engine/watchdog.ts'
import { interleaved } from '../../src/session/turns.ts'
import { operationOf, optionsOf, planOf } from './engine/drivers.ts'
import { fakeClock } from './engine/fake-clock.ts'

const WARMUP = 1
const SECONDS = 4

function withPause(plan: SchedulePlan, pause: PausePlan): SchedulePlan {
  return {
    ...plan,
    phases: plan.phases.map((phase) => (phase.phase === 'measure' ? { ...phase, pause } : phase)),
  }
}

function arrivalsOf(plan: SchedulePlan): { at: number[]; asked: string[] } {
  const walker = walkArrivals(plan, ['one', 'other'], 0, 1)
  const at: number[] = []
  const asked: string[] = []
  while (walker.next()) {
    at.push(walker.atMicros)
    asked.push(JSON.stringify(walker.arrival()))
  }
  return { at, asked }
}

t.test('a pause moves what comes after it, and changes nothing that is asked', async (t) => {
  const plan = planOf({ one: 90, other: 7 }, SECONDS, 'poisson', WARMUP)
  const paused = withPause(plan, { afterSeconds: 2, seconds: 10 })
  const straight = arrivalsOf(plan)
  const moved = arrivalsOf(paused)
  t.same(moved.asked, straight.asked)
  t.same(
    moved.at,
    straight.at.map((at) => (at < 3e6 ? at : at + 10e6)),
  )
  t.same(pauseMicros(paused), { from: 3e6, to: 13e6 })
  t.equal(runMicros(paused), 15e6)
  t.equal(moved.at.filter((at) => at >= 3e6 && at < 13e6).length, 0)
})

for (const closedConcurrency of [undefined, 2]) {
  const loop = closedConcurrency === undefined ? 'an open' : 'a closed'
  t.test(`${loop} loop stands still in a pause, which counts for nothing`, async (t) => {
    const clock = fakeClock()
    const startedAt: number[] = []
    const operation = operationOf('one', async () => {
      startedAt.push(clock.nowMicros())
      await clock.until(clock.nowMicros() + 10_000)
    })
    // Callers that wait for each answer take 200 a second, and are never without work.
    const rate = closedConcurrency === undefined ? 100 : 1_000
    const plan = withPause(planOf({ one: rate }, SECONDS, 'uniform', WARMUP), {
      afterSeconds: 2,
      seconds: 10,
    })
    const options = optionsOf(clock, [operation], plan)
    const report = await clock.drive(
      runLoad(closedConcurrency === undefined ? options : { ...options, closedConcurrency }),
    )
    t.equal(startedAt.filter((at) => at >= 3e6 && at < 13e6).length, 0, 'nothing starts in it')
    t.ok(startedAt.some((at) => at >= 13e6))
    if (closedConcurrency === undefined) {
      t.equal(report.measuredSeconds, SECONDS)
      t.equal(report.operations.find(({ phase }) => phase === 'measure')?.outcomes.ok, 400)
    } else t.ok(report.measuredSeconds <= SECONDS, `${report.measuredSeconds} s`)
  })
}

t.test(
  'what is answered in a pause was in flight when the half closed: its seconds count in no rate',
  async (t) => {
    const clock = fakeClock()
    const operation = operationOf('one', () => clock.until(clock.nowMicros() + 1_500_000))
    const straight = planOf({ one: 100 }, SECONDS, 'uniform', WARMUP)
    const measured = async (plan: SchedulePlan): Promise<OperationReport | undefined> => {
      const report = await clock.drive(runLoad(optionsOf(clock, [operation], plan)))
      return report.operations.find(({ phase }) => phase === 'measure')
    }
    const paused = await measured(withPause(straight, { afterSeconds: 2, seconds: 10 }))
    // A second and a half before each end: 150 of each 200 are still on their way.
    t.match(paused, { outcomes: { ok: 400 }, inFlightAtEnd: 300, streams: [{ offered: 400, achieved: 100 }] })
  },
)

t.test('two runs take turns A B B A, each measured while the other stands still', async (t) => {
  const [first, second] = interleaved(WARMUP, SECONDS)
  const [start, later] = await Promise.all([first.ready(), second.ready()])
  const pause = first.pause
  if (pause === undefined) throw new RangeError('the first run does not pause')
  const pauseFrom = start + (WARMUP + pause.afterSeconds) * 1e6
  const pauseTo = pauseFrom + pause.seconds * 1e6
  t.equal(pause.afterSeconds, SECONDS / 2)
  t.equal(later, pauseFrom, 'the second begins where the first pauses')
  t.ok(later + (WARMUP + SECONDS) * 1e6 < pauseTo, 'and is over before the first goes on')
  t.equal(second.pause, undefined)
})

t.test('what a run may do alone is done one after the other, whatever becomes of it', async (t) => {
  const [first, second] = interleaved(WARMUP, SECONDS)
  const seen: string[] = []
  const work = (name: string, fails: boolean) => async (): Promise<void> => {
    seen.push(`${name} begins`)
    await Promise.resolve()
    seen.push(`${name} ends`)
    if (fails) throw new Error(name)
  }
  await Promise.allSettled([first.alone(work('one', true)), second.alone(work('other', false))])
  t.same(seen, ['one begins', 'one ends', 'other begins', 'other ends'])
})

t.test('nobody waits for a run that has left', async (t) => {
  const [first, second] = interleaved(WARMUP, SECONDS)
  second.leave()
  second.leave()
  t.type(await first.ready(), 'number')
  await first.measured()
})

t.test('what a watchdog saw in two halves of a window is one window', async (t) => {
  const sum = addWatchdog(
    { buckets: [1, 2, 3], maxMicros: 9, suspensions: 0 },
    { buckets: [4, 0, 1], maxMicros: 5, suspensions: 1 },
  )
  t.same(sum, { buckets: [5, 2, 4], maxMicros: 9, suspensions: 1 })
})
