import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import t from 'tap'
import type { JournalEntry } from '../../../src/core/journal.ts'
import type { FlowEnd } from '../../../src/core/operation.ts'
import { trackFlows } from '../../../src/engine/flows.ts'
import {
  decode,
  encode,
  latencyAt,
  mergeEncoded,
  newHistogram,
  record,
  summarise,
} from '../../../src/engine/histogram.ts'
import { FINE_BUCKETS, fineBucket, fineBucketTop, finePercentile } from '../../../src/engine/interval.ts'
import { formatBegin, formatEnd, parseLine } from '../../../src/engine/journal-format.ts'
import { journalReader } from '../../../src/engine/journal-reader.ts'
import { openJournal } from '../../../src/engine/journal.ts'
import { mergeReports } from '../../../src/engine/merge.ts'
import { measureNoise } from '../../../src/engine/noise.ts'
import { paceOf } from '../../../src/engine/pace.ts'
import { newResultsMemory, sharedResults } from '../../../src/engine/results.ts'
import { newTimeline, timelineBoundsMs } from '../../../src/engine/timeline.ts'
import { latenessAt, startWatchdog, summariseWatchdog } from '../../../src/engine/watchdog.ts'
import { runLoad } from '../../../src/engine/dispatch.ts'
import type { SecondReport, WorkerReport } from '../../../src/engine/report.ts'
import { operationOf, optionsOf, planOf } from './drivers.ts'
import { fakeClock } from './fake-clock.ts'

t.test('merged histograms of 4 workers equal one histogram of the same samples', async (t) => {
  const one = newHistogram()
  const four = Array.from({ length: 4 }, newHistogram)
  let micros = 1
  for (let sample = 0; sample < 40_000; sample += 1) {
    micros = (micros * 48_271) % 2_147_483_647
    const value = micros % 10 === 0 ? micros % 200_000_000 : micros % 50_000
    record(one, value)
    record(four[sample % 4] ?? one, value)
  }
  const whole = encode(one)
  const merged = mergeEncoded(four.map(encode))
  t.equal(merged?.v2, whole?.v2)
  t.same({ ...merged, v2: '' }, { ...whole, v2: '' })
  t.ok((whole?.clamped ?? 0) > 0, 'what took over 120 s is clamped and counted')
  t.equal(mergeEncoded([undefined, encode(newHistogram())]), undefined, 'nothing merged is nothing')
})

t.test('the reports of workers merge to what one worker would have reported', async (t) => {
  const plan = planOf({ a: 500, b: 30 }, 4, 'poisson', 1)
  const run = async (workers: number): Promise<readonly WorkerReport[]> => {
    const reports: WorkerReport[] = []
    for (let worker = 0; worker < workers; worker += 1) {
      const clock = fakeClock()
      const standIns: Record<string, number> = {}
      const operations = ['a', 'b'].map((name) =>
        operationOf(name, (number) => clock.until(clock.nowMicros() + 100 + (number % 777) * 13), {
          part: (number) => (number % 3 === 0 ? 'third' : 'rest'),
          input({ number }) {
            if (number % 7 === 0) standIns[name] = (standIns[name] ?? 0) + 1
            return number
          },
        }),
      )
      const options = optionsOf(clock, operations, plan)
      reports.push(await clock.drive(runLoad({ ...options, standIns, worker, workers })))
    }
    return reports
  }
  const names = ['a', 'b']
  const sorted = (reports: readonly WorkerReport[]): unknown =>
    mergeReports(plan, names, 'measure', reports).map((report) => ({
      ...report,
      parts: report.parts.toSorted((left, right) => left.part.localeCompare(right.part)),
    }))
  const one = sorted(await run(1))
  t.equal(JSON.stringify(sorted(await run(4))), JSON.stringify(one))
  t.match(one, [{ streams: [{ scheduled: 2000, offered: 2000 }] }, { streams: [{ scheduled: 120 }] }])
  const standIns = mergeReports(plan, names, 'measure', await run(4)).map((report) => report.standIns)
  const [inA = 0, inB = 0] = standIns
  // Arrivals are numbered over both operations and over the warm-up, which is recorded apart.
  t.ok(inA > 0 && inB > 0 && Math.abs(inA + inB - 2120 / 7) < 1, `${inA} and ${inB} stand-ins`)
})

t.test('a percentile over all arrivals counts those without an answer as over any bound', async (t) => {
  const histogram = newHistogram()
  for (let sample = 1; sample <= 990; sample += 1) record(histogram, sample)
  t.equal(latencyAt(histogram, 50, 1000), 500)
  t.equal(latencyAt(histogram, 99, 1000), 990)
  t.equal(latencyAt(histogram, 99.1, 1000), Infinity)
  t.equal(latencyAt(histogram, 'max', 1000), Infinity)
  t.equal(latencyAt(histogram, 'max', 990), 990)
  record(histogram, -5)
  t.equal(histogram.clamped, 1, 'a negative latency is clamped and counted')
  const encoded = encode(histogram)
  t.equal(encoded === undefined ? 0 : summarise(encoded).max, 0.99)
  t.equal(encoded === undefined ? 0 : decode(encoded).hdr.totalCount, 991)
})

t.test('interval buckets are contiguous and at most a sixteenth wide', async (t) => {
  for (let bucket = 0; bucket < FINE_BUCKETS - 1; bucket += 1) {
    const top = fineBucketTop(bucket)
    if (fineBucket(top) !== bucket || fineBucket(top + 1) !== bucket + 1)
      throw new RangeError(`bucket ${bucket}`)
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 120_000_000 }), (micros) => {
      const top = fineBucketTop(fineBucket(micros))
      return top >= micros && top - micros <= micros / 16
    }),
  )
  const counts = new Int32Array(FINE_BUCKETS)
  t.equal(finePercentile(counts, 99), 0)
  counts[fineBucket(10)] = 99
  counts[fineBucket(5000)] = 1
  t.equal(finePercentile(counts, 99), 10)
  t.ok(finePercentile(counts, 99.5) >= 5000)
})

t.test('the timeline merges the seconds of all workers once each has reported them', async (t) => {
  const timeline = newTimeline(2)
  const second = (worker: number, at: number, micros: number): SecondReport => ({
    worker,
    second: at,
    operations: [
      {
        operation: 'a',
        offered: 11,
        ok: 10,
        refused: 0,
        failed: 1,
        dropped: 1,
        maxMicros: micros,
        fine: [fineBucket(micros), 10],
      },
    ],
  })
  timeline.add(second(0, -1, 90_000))
  timeline.add(second(0, 0, 1000))
  t.equal(timeline.progress(), undefined)
  timeline.add(second(1, -1, 90_000))
  t.match(timeline.progress(), { second: -1, ok: 20, p99Ms: 0 }, 'warm-up does not count into p99 so far')
  timeline.add(second(1, 0, 30_000))
  t.match(timeline.progress(), { second: 0, offered: 22, ok: 20, failed: 4 })
  t.ok((timeline.progress()?.p99Ms ?? 0) >= 30)
  const [warm, first] = timeline.seconds('a')
  t.match(warm, { second: -1, ok: 20 })
  t.match(first, { second: 0, ok: 20, failed: 4, max: 30 })
  t.ok((first?.p50 ?? 0) >= 1 && (first?.p50 ?? 0) < 1.1)
  t.equal(
    first?.buckets.reduce((sum, count) => sum + count, 0),
    20,
  )
  t.equal(first?.buckets.length, timelineBoundsMs().length + 1)
  timeline.add(second(0, 1, 1000))
  t.equal(timeline.seconds('a').length, 2)
  timeline.finish()
  t.equal(timeline.seconds('a').length, 3)
  t.same(timeline.seconds('b'), [])
})

t.test('flows: ends in any order, before or after the beginning, are counted once', async (t) => {
  const begun = (key: string, phase: 'warmup' | 'measure' = 'measure') => ({
    flow: 'f',
    key,
    intendedMicros: 1000,
    phase,
  })
  const end = (key: string, part: number, of: number, weight = 1): FlowEnd => ({
    flow: 'f',
    key,
    part,
    of,
    weight,
    atMicros: 3000,
  })
  const tracker = trackFlows(['f'])
  tracker.ended([end('early', 1, 2), end('early', 0, 2, 5)])
  tracker.begun([begun('early'), begun('late'), begun('half'), begun('never'), begun('warm', 'warmup')])
  t.equal(tracker.outstanding(), 4)
  tracker.ended([end('late', 0, 1, 10), end('half', 0, 2, 3), end('warm', 0, 1, 100), end('nobody', 0, 1)])
  t.match(tracker.reports(), [{ flow: 'f', expected: 4, completed: 2, missing: 2, doubled: 0 }])
  t.equal(tracker.outstanding(), 2)
  const latency = tracker.reports()[0]?.latency
  t.equal(latency?.count, 19, 'weights share the latency of their end')
  t.equal(latency?.maxMicros, 2000)
  tracker.ended([end('late', 0, 1), end('half', 0, 2), end('early', 1, 2)])
  t.match(tracker.reports(), [{ completed: 2, doubled: 3 }], 'an effect that happens again is doubled')
  t.throws(() => tracker.begun([{ ...begun('x'), flow: 'g' }]), RangeError)
  t.same(trackFlows(['f']).reports(), [{ flow: 'f', expected: 0, completed: 0, missing: 0, doubled: 0 }])
})

t.test('flows: any interleaving of beginnings and ends gives the same counts', async (t) => {
  const events = Array.from({ length: 12 }, (_, key) => [
    { begin: true, key: String(key), part: 0 },
    ...[0, 1, 2].map((part) => ({ begin: false, key: String(key), part })),
  ]).flat()
  fc.assert(
    fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
      const tracker = trackFlows(['f'])
      for (const { begin, key, part } of shuffled) {
        if (begin) tracker.begun([{ flow: 'f', key, intendedMicros: 0, phase: 'measure' }])
        else tracker.ended([{ flow: 'f', key, part, of: 3, weight: 2, atMicros: 500 }])
      }
      const [report] = tracker.reports()
      return (
        report?.completed === 12 &&
        report.doubled === 0 &&
        report.latency?.count === 72 &&
        tracker.outstanding() === 0
      )
    }),
  )
  t.pass()
})

t.test('results are found under their key in every thread, and never under another', async (t) => {
  const memory = newResultsMemory()
  const results = sharedResults(memory)
  t.equal(results.get(5), undefined)
  const entry = `
    const { parentPort, workerData } = require('node:worker_threads')
    import(workerData.module).then(({ sharedResults }) => {
      sharedResults(workerData.memory).set(2 ** 52 + 5, 2n ** 62n + 7n)
      parentPort.postMessage('done')
    })`
  const module = new URL('../../../src/engine/results.ts', import.meta.url).href
  const worker = new Worker(entry, { eval: true, workerData: { memory, module } })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  t.equal(results.get(2 ** 52 + 5), 2n ** 62n + 7n)
  await worker.terminate()
  for (let key = 0; key < 20_000; key += 1) results.set(key, BigInt(key))
  let wrong = 0
  let lost = 0
  for (let key = 0; key < 20_000; key += 1) {
    const id = results.get(key)
    if (id === undefined) lost += 1
    else if (id !== BigInt(key)) wrong += 1
  }
  t.equal(wrong, 0)
  t.ok(lost < 400, `${lost} of 20,000 were overwritten by a newer one of the same place`)
})

t.test('the pace of an operation is its integrated rate', async (t) => {
  const plan = planOf({ a: 100 }, 10, 'poisson', 2)
  const pace = paceOf(plan)
  t.equal(pace.lengthMicros('warmup'), 2e6)
  t.equal(pace.expected('a', 'measure', 5e6), 500)
  t.equal(pace.expected('a', 'measure', 99e6), 1000)
  t.equal(pace.expected('a', 'measure', -1), 0)
  t.equal(pace.expected('b', 'measure', 5e6), 0)
  const shape = [
    { at: 0, factor: 0 },
    { at: 1, factor: 2 },
  ]
  const streams = [{ operation: 'a', stream: 'mix' as const, perSecond: 100, shape }]
  const ramp = paceOf({ ...plan, phases: [{ phase: 'measure', seconds: 10, streams }] })
  t.ok(Math.abs(ramp.expected('a', 'measure', 5e6) - 250) < 1e-6)
  t.ok(Math.abs(ramp.expected('a', 'measure', 10e6) - 1000) < 1e-6)
})

t.test('the watchdog sees that the machine wakes, and stops', async (t) => {
  const watchdog = await startWatchdog()
  while (watchdog.read().buckets.every((count) => count === 0))
    await new Promise((resolve) => setImmediate(resolve))
  const report = watchdog.read()
  t.ok(report.maxMicros > 0)
  t.ok(latenessAt(report, 50) <= latenessAt(report, 'max'))
  t.ok(summariseWatchdog(report).count > 0)
  watchdog.reset()
  await watchdog.stop()
  t.match(summariseWatchdog({ buckets: [], maxMicros: 0, suspensions: 0 }), { count: 0, mean: 0, p99: 0 })
})

t.test('the noise floor is measured', async (t) => {
  const noise = await measureNoise()
  t.ok(noise.nanosecondsPerArrival > 0)
  t.ok(noise.dispatchLagMs.count === 750)
})

const keys = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()))
const whole = fc.integer({ min: 0, max: 2 ** 50 })

t.test('any journal line reads back as it was written, and half a line as none', async (t) => {
  fc.assert(
    fc.property(
      whole,
      whole,
      keys,
      fc.constantFrom('warmup' as const, 'measure' as const),
      (number, startedMicros, all, phase) => {
        const begin = {
          number,
          phase,
          stream: 'probe' as const,
          operation: 'like.add',
          keys: all,
          startedMicros,
        }
        const line = formatBegin(begin)
        t.same(parseLine(line.slice(0, -1)), { kind: 'begin', ...begin })
        return (
          line.indexOf('\n') === line.length - 1 && parseLine(line.slice(0, line.length / 2)) === undefined
        )
      },
    ),
    { numRuns: 50 },
  )
  fc.assert(
    fc.property(whole, whole, keys, (number, finishedMicros, result) => {
      for (const outcome of ['ok', 'refused', 'failed', 'unknown'] as const) {
        const line = formatEnd({ number, outcome, result, finishedMicros })
        t.same(parseLine(line.slice(0, -1)), { kind: 'end', number, outcome, result, finishedMicros })
      }
    }),
    { numRuns: 25 },
  )
  for (const bad of [
    '',
    'x',
    'b\t1',
    'e\t1\to\t2\t[]',
    'e\t1\to\t2\t{"a":{}}',
    'e\t-1\to\t2\t{}',
    'e\t1\tz\t2\t{}',
    'e\t1\to\tx\t{}',
  ])
    t.equal(parseLine(bad), undefined, JSON.stringify(bad))
})

async function entriesOf(folder: string, operation?: string): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  for await (const entry of journalReader(folder).entries(operation)) entries.push(entry)
  return entries
}

t.test('journals of all processes read back as one; a begin without an end is unknown', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'arch-journal-'))
  t.teardown(() => rm(folder, { recursive: true }))
  t.same(await entriesOf(join(folder, 'absent')), [])
  const begin = (number: number, operation: string) => ({
    number,
    phase: 'measure' as const,
    stream: 'mix' as const,
    operation,
    keys: { user: '12' },
    startedMicros: 5,
  })
  const first = await openJournal(folder, 'load-0')
  const second = await openJournal(folder, 'load-1', true)
  first.begin(begin(0, 'like'))
  first.begin(begin(2, 'post'))
  await second.begin(begin(1, 'like'))
  const atOnce = await entriesOf(folder)
  t.ok(
    atOnce.some(({ number }) => number === 1),
    'a durable append is in the file at once',
  )
  await second.end({ number: 1, outcome: 'ok', result: { id: '77' }, finishedMicros: 9 })
  first.end({ number: 2, outcome: 'refused', result: {}, finishedMicros: 8 })
  await first.close()
  await second.close()
  t.match(await entriesOf(folder), [
    { number: 2, outcome: 'refused', operation: 'post' },
    { number: 0, outcome: 'unknown', finishedMicros: undefined },
    { number: 1, outcome: 'ok', result: { id: '77' }, keys: { user: '12' }, finishedMicros: 9 },
  ])
  t.same(
    (await entriesOf(folder, 'post')).map(({ number }) => number),
    [2],
  )
  t.same((await readdir(folder)).toSorted(), ['load-0.journal', 'load-1.journal'])

  await appendFile(join(folder, 'load-0.journal'), 'e\t0\to\t1')
  t.equal((await entriesOf(folder)).length, 3, 'a torn last line is left out')
  const again = await openJournal(folder, 'load-0')
  again.begin(begin(4, 'like'))
  await again.close()
  t.equal((await entriesOf(folder)).length, 4, 'a process that starts again appends after the torn line')
  await writeFile(join(folder, 'load-9.journal'), 'hello\nworld\n')
  await t.rejects(entriesOf(folder), { message: /line 1 of .*load-9.journal is not a line of a journal/ })
})

t.test('what a check finds wrong in the warm-up is wrong', async (t) => {
  const clock = fakeClock()
  const cold = { name: 'c', claims: [], defects: [], check: (n: number) => n >= 10 || { message: 'cold' } }
  const operation = operationOf('op', (number) => Promise.resolve(number), { checks: [cold] as never })
  const plan = planOf({ op: 20 }, 1, 'uniform', 1)
  const report = await clock.drive(runLoad(optionsOf(clock, [operation], plan)))
  const [merged] = mergeReports(plan, ['op'], 'measure', [report])
  t.match(merged, { outcomes: { ok: 20 }, checks: [{ checked: 40, violations: 10 }] })
})
