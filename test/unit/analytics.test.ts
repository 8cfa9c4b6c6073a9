import fc from 'fast-check'
import t from 'tap'
import type { ReceivedMessage } from '../../src/stores/kafka/client.ts'
import { BROKEN_KINDS, breakageOf, breakEvent } from '../../src/workloads/analytics/events/broken.ts'
import { encodeBatch, EVENT_VERSION } from '../../src/workloads/analytics/events/encode.ts'
import {
  BATCH,
  clientTimeMs,
  clockOf,
  eventSeeds,
  sessionNumber,
  sessionOf,
  traitsOf,
} from '../../src/workloads/analytics/events/event.ts'
import { blockCutter, tokenOf } from '../../src/workloads/analytics/fixed/ingest/blocks.ts'
import { frameRecord, linesOf, originOf } from '../../src/workloads/analytics/fixed/ingest/frame.ts'
import { newRecent } from '../../src/workloads/analytics/fixed/ingest/recent-batches.ts'
import { historySink } from '../../src/workloads/analytics/fixed/ingest/role.ts'
import { LARGEST_INSERT } from '../../src/workloads/analytics/fixed/ingest/sink.ts'
import { hotSink } from '../../src/workloads/analytics/fixed/realtime/role.ts'
import { whyUnreadable } from '../../src/workloads/analytics/fixed/ingest/read-event.ts'
import { HEADER } from '../../src/workloads/analytics/fixed/topics.ts'
import { statementsOf } from '../../src/workloads/analytics/schema.ts'
import { batchAt } from '../../src/workloads/analytics/traffic/events-send.ts'
import { analyticsWorld } from '../../src/workloads/analytics/world.ts'

const SEEDS = eventSeeds(7)
const SENT_MS = Date.UTC(2026, 0, 15)

function record(
  offset: number,
  value: Buffer | string,
  headers: Record<string, string> = {},
): ReceivedMessage {
  return {
    topic: 'events',
    partition: 2,
    offset: BigInt(offset),
    key: 'session',
    value: Buffer.from(value),
    headers,
    timestampMs: SENT_MS,
  }
}

void t.test('an event is a pure function of seed and number, and no two have one id', (t) => {
  const ids = new Set<string>()
  for (let event = 0; event < 20_000; event += 1) {
    const traits = traitsOf(SEEDS, event)
    ids.add(traits.eventId)
    if (event % 1_000 === 0) t.same(traits, traitsOf(eventSeeds(7), event))
  }
  t.equal(ids.size, 20_000)
  t.not(traitsOf(SEEDS, 1).eventId, traitsOf(eventSeeds(8), 1).eventId, 'another seed, another event')
  t.end()
})

void t.test('pages and users follow Zipf’s law: each octave of ranks is as likely as another', (t) => {
  const octaves = new Map<number, number>()
  const events = 28_000
  for (let event = 0; event < events; event += 1) {
    const rank = Number(/\d+$/.exec(traitsOf(SEEDS, event).pageUrl)?.[0])
    const octave = Math.floor(Math.log2(rank))
    octaves.set(octave, (octaves.get(octave) ?? 0) + 1)
  }
  t.equal(octaves.size, 14)
  for (const [octave, count] of octaves)
    t.ok(Math.abs(count - events / 14) < 250, `octave ${octave} has ${count} of ${events}`)
  t.end()
})

void t.test(
  'addresses of one event in twenty name its user and a click, each another one (A-17, A-19)',
  (t) => {
    const addresses = Array.from({ length: 40 }, (_, batch) => {
      const lines = encodeBatch(SEEDS, batch, SENT_MS).body.toString().trimEnd().split('\n')
      const { userId } = sessionOf(SEEDS, sessionNumber(SEEDS, batch))
      return lines.flatMap(
        (line) => new RegExp(`page/\\d+\\?user=${userId}&click=(\\d+)"`).exec(line)?.[1] ?? [],
      )
    }).flat()
    t.ok(addresses.length > 130 && addresses.length < 270, `${addresses.length} of 4,000`)
    t.equal(new Set(addresses).size, addresses.length)
    t.end()
  },
)

void t.test('the events of a batch are of one session, and neighbours share sessions', (t) => {
  const lines = encodeBatch(SEEDS, 5, SENT_MS).body.toString().trimEnd().split('\n')
  const sessions = new Set(lines.map((line) => (JSON.parse(line) as string[])[3]))
  t.equal(lines.length, BATCH)
  t.same([...sessions], [sessionOf(SEEDS, sessionNumber(SEEDS, 5)).sessionId])
  const near = new Set(Array.from({ length: 32 }, (_, batch) => sessionNumber(SEEDS, batch)))
  t.ok(near.size > 1 && near.size <= 8, `${near.size} sessions in 32 batches`)
  t.end()
})

void t.test(
  'devices that were offline are late by at most six hours; few clocks stand in 1970 or 2106',
  (t) => {
    let late = 0
    let wrong = 0
    const outside: number[] = []
    for (let batch = 0; batch < 50_000; batch += 1) {
      const clock = clockOf(SEEDS, batch)
      if ('atMs' in clock) wrong += 1
      else if (clock.lateMs > 0) late += 1
      const time = clientTimeMs(clock, SENT_MS, BATCH - 1)
      if (!('atMs' in clock) && (time > SENT_MS || time < SENT_MS - 6 * 3_600_000)) outside.push(batch)
    }
    t.same(outside, [])
    t.ok(late > 350 && late < 650, `${late} late of 50,000`)
    t.ok(wrong > 190 && wrong < 310, `${wrong} wrong of 50,000`)
    t.end()
  },
)

void t.test('an encoded event reads as it was made, and every kind of broken one does not', (t) => {
  const [line = ''] = encodeBatch(SEEDS, 3, SENT_MS).body.toString().split('\n')
  t.equal(whyUnreadable(line), undefined)
  t.ok(Object.keys(BROKEN_KINDS).length >= 50, 'at least fifty kinds')
  for (const kind of Object.keys(BROKEN_KINDS)) {
    const broken = breakEvent(`${line}\n`, kind)
    t.equal(broken.at(-1), 0x0a, `${kind}: ends its line`)
    t.equal(broken.indexOf(0x0a), broken.length - 1, `${kind}: is one line`)
    const framed = frameRecord(record(1, broken, { [HEADER.batch]: '1', [HEADER.version]: EVENT_VERSION }))
    const [event] = linesOf(broken)
    const isFound = framed.broken.length === 1 || whyUnreadable(event?.line.toString() ?? '') !== undefined
    t.ok(isFound, kind)
  }
  t.throws(() => breakEvent(line, 'like glass'), RangeError)
  t.end()
})

void t.test('broken events of the traffic are in their batches, one a line, and rare', (t) => {
  let broken: number | undefined
  for (let event = 0; broken === undefined; event += 1)
    if (breakageOf(SEEDS, event) !== undefined) broken = event
  const batch = Math.floor(broken / BATCH)
  const { body } = encodeBatch(SEEDS, batch, SENT_MS)
  t.equal([...linesOf(body)].length, BATCH)
  const whole = encodeBatch(SEEDS, batch + 1, SENT_MS)
    .body.toString()
    .trimEnd()
    .split('\n')
  t.ok(
    whole.every((line) => whyUnreadable(line) === undefined),
    'the next batch is whole',
  )
  t.end()
})

void t.test('a row is an event behind its position, partition, offset, batch and time of arrival', (t) => {
  const { body } = encodeBatch(SEEDS, 9, SENT_MS)
  const own = record(77, body, { [HEADER.batch]: '9' })
  const { rows, count, broken } = frameRecord(own)
  t.equal(count, BATCH)
  t.same(broken, [])
  const sent = body.toString().trimEnd().split('\n')
  const framed = rows.toString().trimEnd().split('\n')
  t.equal(originOf(own), `,2,77,9,${SENT_MS},`)
  for (const [position, line] of framed.entries())
    t.same(JSON.parse(line), [
      position,
      2,
      77,
      9,
      SENT_MS,
      ...(JSON.parse(sent[position] ?? '') as unknown[]),
    ])
  t.end()
})

void t.test('framing keeps every line, whatever the bytes: as a row or as broken', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (lines) => {
      const value = Buffer.concat(
        lines.map((line) => Buffer.from([...line.filter((byte) => byte !== 10), 10])),
      )
      const { count, broken, rows } = frameRecord(record(0, value, { [HEADER.batch]: '1' }))
      const positions = new Set(broken.map(({ position }) => position))
      return (
        count + broken.length === lines.length &&
        positions.size === broken.length &&
        rows.filter((byte) => byte === 10).length === count
      )
    }),
  )
  t.end()
})

const RULE = { group: 'ours', blockEvents: 64, blockBytes: 4_096 }

interface Log {
  readonly records: readonly ReceivedMessage[]
  readonly blocks: readonly { readonly token: string; readonly records: number }[]
}

/** The blocks of a log, read on from one of their ends. */
function blocksFrom(records: readonly ReceivedMessage[], offset: bigint): Log['blocks'] {
  const cutter = blockCutter({ topic: 'events', partition: 2, offset }, RULE)
  return records
    .filter((each) => each.offset >= offset)
    .flatMap((each) => {
      const block = cutter.take(each)
      return block === undefined
        ? []
        : [{ token: tokenOf(block), records: block.records.length, next: block.next }]
    })
    .map(({ token, records: count }) => ({ token, records: count }))
}

void t.test('who reads on from the end of a block gathers the same blocks (A-01)', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 2_000 }),
      fc.nat(),
      (draws, choice) => {
        const records = draws.map((draw, offset) =>
          record(
            offset * 2,
            draw < 4 ? '' : draw < 10 ? 'x'.repeat(draw * 300) : 'x\n'.repeat(draw % 30),
            draw < 4 ? { [HEADER.cut]: draw < 2 ? 'ours' : 'theirs' } : {},
          ),
        )
        const all = blocksFrom(records, 0n)
        if (all.length === 0) return true
        const skipped = choice % all.length
        const end = BigInt(all[skipped]?.token.split('-').at(-1) ?? 0)
        const rest = blocksFrom(records, end)
        return JSON.stringify(rest) === JSON.stringify(all.slice(skipped + 1))
      },
    ),
  )
  t.end()
})

void t.test('blocks are without gaps, end at cuts, and are never larger than their bound', (t) => {
  const records = Array.from({ length: 3 * RULE.blockEvents }, (_, offset) =>
    record(offset, 'x', offset === 10 ? { [HEADER.cut]: 'ours' } : {}),
  )
  const blocks = blocksFrom(records, 0n)
  t.same(blocks.slice(0, 2), [
    { token: 'events:2:0-11', records: 10 },
    { token: `events:2:11-${11 + RULE.blockEvents}`, records: RULE.blockEvents },
  ])
  t.ok(blocks.every((block) => block.records <= RULE.blockEvents))
  t.end()
})

void t.test('a block ends with the record that fills it, by events or by bytes', (t) => {
  const records = [
    record(0, 'x\n'.repeat(40)),
    record(1, 'x\n'.repeat(40)),
    record(2, 'x'.repeat(4_000)),
    record(3, 'x'.repeat(4_000)),
    record(4, ''),
    record(5, 'x\n'.repeat(63)),
  ]
  t.same(blocksFrom(records, 0n), [
    { token: 'events:2:0-2', records: 2 },
    { token: 'events:2:2-4', records: 2 },
    { token: 'events:2:4-6', records: 2 },
  ])
  t.end()
})

void t.test('the fullest block is far below the rows of one insert', (t) => {
  for (const { blockEvents } of [historySink, hotSink]) t.ok(blockEvents + 2 ** 16 < LARGEST_INSERT)
  t.end()
})

void t.test(
  'a cut of another group ends no block with records, and is passed over where there are none',
  (t) => {
    const theirs = { [HEADER.cut]: 'theirs' }
    const records = [
      record(0, 'x', {}),
      record(1, '', theirs),
      record(2, 'x', {}),
      record(3, '', { [HEADER.cut]: 'ours' }),
      record(4, '', theirs),
    ]
    t.same(blocksFrom(records, 0n), [
      { token: 'events:2:0-4', records: 2 },
      { token: 'events:2:4-5', records: 0 },
    ])
    t.end()
  },
)

void t.test('a batch is known again in the 100,000 records after it, and no later', (t) => {
  const recent = newRecent(new Map([['kept', 5n]]))
  t.ok(recent.repeats('kept', 100_004n))
  t.notOk(recent.repeats('kept', 100_005n))
  t.ok(recent.repeats('kept', 200_004n), 'since it was there again')
  for (let offset = 200_005n; offset < 500_000n; offset += 1n)
    if (recent.repeats(`${offset}`, offset)) t.fail(`${offset} is new`)
  t.ok(recent.repeats('400001', 500_000n))
  t.notOk(recent.repeats('400000', 500_000n))
  t.end()
})

void t.test('a batch that is sent again was sent by an arrival before, under the same number', (t) => {
  const world = analyticsWorld(42)
  const sent = new Set<number>()
  let repeats = 0
  const wrong: number[] = []
  for (let index = 0; index < 20_000; index += 1) {
    const { batch, isRepeat } = batchAt(world, { phase: 'measure', index })
    if (isRepeat) repeats += 1
    if (isRepeat !== sent.has(batch)) wrong.push(index)
    sent.add(batch)
  }
  t.same(wrong, [], 'a repeat was sent before, what is no repeat was not')
  t.ok(repeats > 140 && repeats < 260, `${repeats} of 20,000`)
  t.not(
    batchAt(world, { phase: 'warmup', index: 3 }).batch,
    batchAt(world, { phase: 'measure', index: 3 }).batch,
  )
  t.end()
})

void t.test('a file of statements is cut where a line ends with a semicolon, comments apart', (t) => {
  t.same(statementsOf("-- one; two;\nSELECT ';' AS a\nFROM b;\n\nSELECT 2;\n"), [
    "SELECT ';' AS a\nFROM b",
    'SELECT 2',
  ])
  t.end()
})
