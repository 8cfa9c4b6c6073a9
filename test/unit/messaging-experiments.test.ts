import t from 'tap'
import type { ExperimentRow } from '../../src/core/experiment.ts'
import { findingsOf as nodeFindings } from '../../src/workloads/messaging/experiments/by-nodes/findings.ts'
import { nodeOf } from '../../src/workloads/messaging/experiments/by-nodes/ring.ts'
import { findingsOf as rateFindings } from '../../src/workloads/messaging/experiments/by-rate/findings.ts'
import { messageIds } from '../../src/workloads/messaging/experiments/message.ts'
import { messageTimeOf } from '../../src/workloads/messaging/ids.ts'
import { declaredTable } from '../../src/workloads/messaging/schema.ts'

function row(name: string, figures: Readonly<Record<string, number>>, spread = 0): ExperimentRow {
  const readings = Object.fromEntries(
    Object.entries(figures).map(([figure, value]) => [
      figure,
      { median: value, lowest: value - spread, highest: value + spread },
    ]),
  )
  return { pattern: 'writes', row: name, rounds: 2, readings }
}

t.test('what several nodes take is told by ratio and copies, and that they share one host', (t) => {
  const shared = { base: 2_000, cores: 2, busyBase: 97 }
  const [three, copied, host, ...others] = nodeFindings([
    row('3 nodes', { ...shared, writes: 1_800, ratio: 0.9, nodes: 3, copies: 1 }, 0.1),
    row('3 nodes, 3 copies', { ...shared, writes: 800, ratio: 0.4, nodes: 3, copies: 3 }),
  ])
  t.equal(
    three?.text,
    '3 nodes: 0.9x the writes a second of one node (0.8x to 1x; 2,000 to 1,800); linear would be 3x',
  )
  t.match(copied?.text, /^3 nodes, 3 copies: 0\.4x .*; 3 copies of each, so 1\.2x the rows stored$/)
  t.match(host, { claims: ['MSG-16'], defects: ['M-24'] })
  t.match(host?.text, /share the 2 cores and the disk of one host, which was 97 % busy with one node/)
  t.same(others, [])
  t.same(nodeFindings([]), [], 'an interruption that left nothing finds nothing')
  t.end()
})

t.test(
  'a rate is held while nothing is missed and p99 is below 100 ms, and the first that is not is told',
  (t) => {
    const step = (rate: number, achieved: number, p99: number, missed = 0): ExperimentRow =>
      row(`${rate}/s`, {
        rate,
        cores: 2,
        achieved,
        p99,
        missed,
        textAchieved: rate,
        textP99: 2,
        textMissed: 0,
      })
    const [own, text, bound] = rateFindings([
      step(250, 250, 3.456),
      step(500, 499, 40),
      step(1_000, 990, 130),
      step(2_000, 2_000, 10),
    ])
    t.equal(
      own?.text,
      'messages by bucket: p99 of a write is 3.46 ms at 250 a second, 40 ms at 500; at 1,000 it stops: 990 achieved, p99 130 ms',
    )
    t.equal(
      text?.text,
      'the text’s table: p99 of a write is 2 ms at 250 a second, 2 ms at 2,000; every rate that was offered is held',
    )
    t.match(bound?.text, /on 2 cores .* 1,157,407 messages a second \(MSG-02\)$/)

    const [missed] = rateFindings([step(250, 200, 3, 1)])
    t.equal(missed?.text, 'messages by bucket: no rate is held; at 250 it stops: 200 achieved, p99 3 ms')
    const [none] = rateFindings([row('250/s', { rate: 250, achieved: 0, missed: 900 })])
    t.match(none?.text, /at 250 it stops: 0 achieved, p99 beyond 5 s$/)
    t.same(rateFindings([]), [])
    t.end()
  },
)

t.test('a token belongs to the node of the first place that does not lie before it, around the ring', (t) => {
  const ring = [
    { token: -5n, node: 'a' },
    { token: 10n, node: 'b' },
  ]
  t.same(
    [-9n, -5n, -4n, 10n, 11n].map((token) => nodeOf(ring, token)),
    ['a', 'a', 'b', 'b', 'a'],
  )
  t.equal(nodeOf([], 0n), undefined)
  t.end()
})

t.test(
  'messages of an experiment have ids that grow, also where the clock stands still or goes back',
  (t) => {
    const clock = [1_800_000_000_000, 1_800_000_000_000, 1_799_999_999_999, 1_800_000_000_001]
    const newId = messageIds(() => clock.shift() ?? 0)
    const ids = [newId(), newId(), newId(), newId()]
    t.same(
      ids.map(messageTimeOf).map(({ ms, sequence }) => [ms - 1_800_000_000_000, sequence]),
      [
        [0, 0],
        [0, 1],
        [0, 2],
        [1, 0],
      ],
    )
    t.end()
  },
)

t.test('the table of an experiment is declared by the file that declares the case’s own', async (t) => {
  t.match(
    await declaredTable('fixed', 'messages'),
    /^CREATE TABLE .*PRIMARY KEY \(\(conversation_id, bucket\)/s,
  )
  t.match(await declaredTable('as-written', 'messages'), /PRIMARY KEY \(conversation_id, message_id\)/)
  await t.rejects(declaredTable('as-written', 'members'), { message: /declares no table members/ })
})
