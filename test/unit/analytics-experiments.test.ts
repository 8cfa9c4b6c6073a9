import t from 'tap'
import type { ExperimentRow } from '../../src/core/experiment.ts'
import { capacityOf } from '../../src/workloads/analytics/experiments/column-store/capacity.ts'
import { findingsOf } from '../../src/workloads/analytics/experiments/column-store/findings.ts'
import { bodiesOf } from '../../src/workloads/analytics/experiments/insert-batch/bodies.ts'
import { findingsOf as insertFindings } from '../../src/workloads/analytics/experiments/insert-batch/findings.ts'
import { findingsOf as rollupFindings } from '../../src/workloads/analytics/experiments/rollups/findings.ts'
import { findingsOf as textFindings } from '../../src/workloads/analytics/experiments/text-columns/findings.ts'
import { findingsOf as orderFindings } from '../../src/workloads/analytics/experiments/time-order/findings.ts'

function row(pattern: string, name: string, figures: Readonly<Record<string, number>>): ExperimentRow {
  const readings = Object.fromEntries(
    Object.entries(figures).map(([figure, value]) => [
      figure,
      { median: value, lowest: value, highest: value },
    ]),
  )
  return { pattern, row: name, rounds: 1, readings }
}

t.test(
  '100 TB of 500 bytes an event are 200 days of the mean rate; half the bytes last twice as long',
  (t) => {
    const raw = capacityOf(500)
    t.match(raw, { rows: 200e9, terabytes: 100 })
    t.equal(Math.round(raw.meanDays), 200)
    t.equal(Math.round(raw.peakDays * 8.64), 200)
    const half = capacityOf(250)
    t.equal(half.meanDays, raw.meanDays * 2)
    t.equal(half.terabytes, 50)
    // Two copies of 50 TB on disks of 5.6 TB.
    t.equal(half.disks, 18)
    t.end()
  },
)

t.test('what is found follows from the figures, and says where the claim does not hold', (t) => {
  const [speed, answers] = findingsOf([
    row('queries', 'fast', { ratio: 400, differ: 0 }),
    row('queries', 'slow', { ratio: 0.25, differ: 2 }),
  ])
  t.match(speed, {
    claims: ['ANA-08', 'ANA-25'],
    text: 'ClickHouse is 10x as fast as PostgreSQL in the geometric mean, from 0.25x (slow) to 400x (fast); 100x or more in 1 of 2 queries; PostgreSQL is faster in slow',
  })
  t.match(answers?.text, 'in 1 of 2 queries')
  const [, score] = findingsOf([
    row('queries', 'fast', { ratio: 10, postgres: 390, clickhouse: 30, differ: 0 }),
    row('queries', 'slow', { ratio: 0.1, postgres: 2, clickhouse: 17, differ: 0 }),
  ])
  t.match(score?.text, 'ClickHouse has 1.50 and PostgreSQL 3.16', 'ten milliseconds are added to each (C-19)')
  const bytes = [
    row('bytes', 'event_id', { raw: 16, clickhouse: 16 }),
    row('bytes', 'columns', { raw: 160, clickhouse: 20 }),
    row('bytes', 'all', { postgres: 300, clickhouse: 25 }),
  ]
  const [alone] = findingsOf(bytes)
  t.equal(
    alone?.text,
    "the text's columns take 8x less than their raw bytes, 36x without event_id, whose random bytes nothing compresses",
  )
  const [found] = findingsOf([...bytes, row('capacity', 'heap', { bytes: 200 })])
  t.match(found?.text, "8x less than PostgreSQL's heap and 12x less than heap and indexes (claimed: 10x)")
  t.same(findingsOf([]), [], 'an interruption that left nothing finds nothing')
  t.end()
})

t.test('bodies hold so many lines each, one after the other, and no more bodies than are asked for', (t) => {
  const lines = ['a', 'b', 'c', 'd', 'e']
  const texts = (size: number, count: number): string[] => bodiesOf(lines, size, count).map(String)
  t.same(texts(2, 9), ['ab', 'cd'])
  t.same(texts(1, 3), ['a', 'b', 'c'])
  t.same(texts(7, 2), ['abcdeab'], 'after the last line comes the first one')
  t.end()
})

t.test('the size of an insert that reaches a rate is the first that was measured to', (t) => {
  const of = (name: string, perSecond: number): ExperimentRow =>
    row('clickhouse', name, { perSecond, inserts: 10, made: 20 })
  const [rate, parts] = insertFindings([of('1', 500), of('1K', 20_000), of('100K', 90_000)])
  t.match(rate?.text, '500 rows/s at 1 an insert, 90,000 at 100K; 11,574 a second (ANA-01) from 1K rows')
  t.match(rate?.text, '100,000 (ANA-07) at no size')
  t.match(parts?.text, 'an insert makes 2.00 parts')
  t.same(insertFindings([]), [])
  t.end()
})

t.test("what the text's columns and averages cost is told by ratio and by count", (t) => {
  const [few, all, needles, seconds] = textFindings([
    row('bytes', 'event_type', { text: 6, fixed: 1 }),
    row('bytes', 'city', { text: 4, fixed: 1 }),
    row('bytes', 'columns', { text: 30, fixed: 20 }),
    row('queries', 'by-user', { textRows: 1_000, fixedRows: 10, differ: 4 }),
    row('queries', 'whole-table', { textRows: 1_000, fixedRows: 1_000, differ: 0 }),
  ])
  t.match(few, { defects: ['A-07'], text: /10\.00 bytes a row as Strings, 2\.00 with LowCardinality: 5x$/ })
  t.match(all, { defects: ['A-12'], text: /: 1\.5x$/ })
  t.match(needles, { defects: ['A-06'], text: /by-user reads 100x the rows/ })
  t.match(seconds, { defects: ['A-09'], text: /change 1 of 2 answers: by-user$/ })
  const [average, states] = rollupFindings([
    row('hour', 'average', { averages: 9, wrong: 7, largest: 12.345 }),
    row('hour', 'states', { averages: 9, wrong: 0, largest: 0 }),
  ])
  t.match(average?.text, /wrong are 7 of 9 by hour, by up to 12\.3 %$/)
  t.match(states?.text, /none is wrong$/)
  t.same([...textFindings([]), ...rollupFindings([])], [])
  t.end()
})

t.test('a second order by time is told by what it spares and by what it costs (A-05)', (t) => {
  const figures = [
    row('hour', 'third', { rows: 800_000, ms: 30 }),
    row('hour', 'projection', { rows: 8_000, ms: 6 }),
    row('cost', 'third', { insert: 400_000, bytes: 26 }),
  ]
  t.same(orderFindings(figures), [], 'not without what it costs')
  t.match(orderFindings([...figures, row('cost', 'projection', { insert: 200_000, bytes: 52 })]), [
    {
      defects: ['A-05'],
      text: 'with projection the last hour takes 0.2x the time and 8,000 rows read instead of 800,000; 0.5x the rows are stored a second, 2x the bytes kept',
    },
  ])
  t.end()
})
