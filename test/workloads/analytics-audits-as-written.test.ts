// What must hold of the text's table: it does of data that is right, and each damage is seen.
import t from 'tap'
import type { AuditContext, AuditOutcome } from '../../src/core/audit.ts'
import type { JournalOutcome } from '../../src/core/journal.ts'
import { rowOf } from '../../src/workloads/analytics/as-written/events.ts'
import { asWrittenAudits } from '../../src/workloads/analytics/audits/index.ts'
import { breakageOf } from '../../src/workloads/analytics/events/broken.ts'
import { BATCH, clockOf, traitsOf } from '../../src/workloads/analytics/events/event.ts'
import { seedAsWritten } from '../../src/workloads/analytics/seed/seed.ts'
import { analyticsStores } from '../../src/workloads/analytics/stores.ts'
import { seedsOf } from '../../src/workloads/analytics/world.ts'
import { ANALYTICS_STORES, batchNumber, bodyOf, LINE_ID } from '../helpers/analytics.ts'
import { journalOf } from '../helpers/social-data.ts'
import { startTestStores } from '../helpers/stores.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const SEED = 1
const seeds = seedsOf(SEED)
const population = { seed: SEED, size: 1_000 }
const { stores } = await startTestStores(ANALYTICS_STORES)
await seedAsWritten(stores, population, () => undefined)
const { clickhouse } = analyticsStores(stores, 'as-written')

/** The places of a batch's broken events. */
function brokenPlaces(index: number): readonly number[] {
  const places = Array.from({ length: BATCH }, (_, position) => position)
  return places.filter((position) => breakageOf(seeds, batchNumber(index) * BATCH + position) !== undefined)
}

/** The first batch of the run from `from` on that is as it is asked to be, of a device that knows the time. */
function batchThat(from: number, isBroken: boolean): number {
  for (let index = from; ; index += 1)
    if (brokenPlaces(index).length > 0 === isBroken && 'lateMs' in clockOf(seeds, batchNumber(index)))
      return index
}

/** Batch `index` as the text's consumer stores it, its addresses without what names somebody. */
function rowsOf(index: number): readonly string[] {
  const broken = brokenPlaces(index)
  const lines = bodyOf(index).toString().trimEnd().split('\n')
  return lines
    .filter((_, position) => !broken.includes(position))
    .map((line) => rowOf(line.replace(/\?user=\d+&click=\d+/, '')))
}

const first = batchThat(0, false)
const second = batchThat(first + 1, false)
const withBroken = batchThat(second + 1, true)
const unanswered = batchThat(withBroken + 1, false)
const unsent = batchThat(unanswered + 1, false)

async function insert(rows: readonly string[]): Promise<void> {
  await clickhouse.insert('events', 'JSONEachRow', Buffer.from(rows.join('\n')))
}

await insert([first, second, withBroken].flatMap(rowsOf))
// The table may hold any part of what had no answer.
await insert(rowsOf(unanswered).slice(0, 30))
await clickhouse.command('CREATE TABLE kept AS events')
await clickhouse.command('INSERT INTO kept SELECT * FROM events')

const outcomes: readonly (readonly [index: number, outcome: JournalOutcome])[] = [
  [first, 'ok'],
  [second, 'ok'],
  [withBroken, 'ok'],
  [unanswered, 'unknown'],
]
const journal = journalOf(
  outcomes.map(([index, outcome]) => ({
    operation: 'events.send',
    keys: { batch: `${batchNumber(index)}` },
    outcome,
  })),
)
const context: AuditContext = { stores, population, choice: {}, journal, seed: SEED, profile: 'steady' }

function audit(name: string): Promise<AuditOutcome> {
  const found = asWrittenAudits.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no audit is called ${name}`)
  return found.run(context)
}

t.test('every audit of the text’s table holds on data that is right, and has looked at some', async (t) => {
  for (const { name } of asWrittenAudits) {
    const outcome = await audit(name)
    t.match(outcome, { state: 'held', violations: 0 }, name)
    t.same(outcome.examples, [], name)
    t.ok(outcome.checked > 0, `${name} checked ${outcome.checked}`)
  }
})

/** The id of an event of the run. */
function idOf(index: number, position: number): string {
  return traitsOf(seeds, batchNumber(index) * BATCH + position).eventId
}

const NOW = { mutations_sync: 2, lightweight_deletes_sync: 2 }

async function lose(id: string): Promise<void> {
  await clickhouse.command('DELETE FROM events WHERE event_id = {id:UUID}', {
    parameters: { id },
    settings: NOW,
  })
}

/** Stores an event of the run once more, with another value at some places. */
async function add(changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await insert([JSON.stringify({ ...(JSON.parse(rowsOf(second)[5] ?? '') as object), ...changes })])
}

interface Damage {
  readonly audit: string
  readonly what: string
  readonly damage: () => Promise<unknown>
  readonly violations: number
  readonly shows: readonly RegExp[]
}

const LOST = /^1 events that were acknowledged are not stored$/
const FOREIGN = /^1 events are stored that nobody sent$/

const damages: readonly Damage[] = [
  {
    audit: 'events.stored',
    what: 'an event is lost',
    damage: () => lose(idOf(first, 17)),
    violations: 1,
    shows: [LOST],
  },
  {
    audit: 'events.stored',
    what: 'the last event of a batch is lost',
    damage: () => lose(idOf(first, BATCH - 1)),
    violations: 1,
    shows: [LOST],
  },
  {
    audit: 'events.stored',
    what: 'an event of the population is lost',
    // Events of a population have the first numbers.
    damage: () => lose(traitsOf(seeds, 0).eventId),
    violations: 1,
    shows: [/^1 events of the population are not stored$/],
  },
  {
    audit: 'events.stored',
    what: 'a batch is stored again (A-01)',
    damage: () => insert(rowsOf(second)),
    violations: BATCH,
    shows: Array.from({ length: 10 }, () => /^event [-0-9a-f]{36} is stored 2 times$/),
  },
  {
    audit: 'events.stored',
    what: 'there is an event that nobody makes',
    damage: () => add({ event_id: LINE_ID }),
    violations: 1,
    shows: [FOREIGN],
  },
  {
    audit: 'events.stored',
    what: 'there are events of a batch that nobody sent',
    damage: () => insert(rowsOf(unsent)),
    violations: BATCH,
    shows: [/^100 events are stored that nobody sent$/],
  },
  {
    audit: 'events.stored',
    what: 'a foreign event is there and another one is lost',
    damage: async () => {
      await add({ event_id: LINE_ID })
      await lose(idOf(first, 0))
    },
    violations: 2,
    shows: [LOST, FOREIGN],
  },
  {
    audit: 'events.stored',
    what: 'an event has an id that only begins as it should',
    damage: async () => {
      const id = idOf(first, 60)
      await add({ event_id: `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}` })
      await lose(id)
    },
    violations: 2,
    shows: [LOST, FOREIGN],
  },
  {
    audit: 'events.stored',
    what: 'an event is doubled and another one of its batch is lost',
    damage: async () => {
      await add()
      await lose(idOf(second, 6))
    },
    violations: 2,
    shows: [LOST, /^event [-0-9a-f]{36} is stored 2 times$/],
  },
  {
    audit: 'events.stored',
    what: 'a broken event is there and another one of its batch is lost',
    damage: async () => {
      const [place = 0] = brokenPlaces(withBroken)
      await add({ event_id: idOf(withBroken, place) })
      await lose(idOf(withBroken, 1))
    },
    violations: 2,
    shows: [LOST, /^1 events are stored that were broken when they were sent$/],
  },
  {
    audit: 'partitions.range',
    what: 'a clock of 1970 opened a partition (A-10)',
    damage: () => add({ event_time: '1970-01-01 00:00:00', date: '1970-01-01' }),
    violations: 1,
    shows: [/^partition 197001 holds 1 events$/],
  },
  {
    audit: 'partitions.range',
    what: 'a clock of 2106 opened a partition (A-10)',
    damage: () => add({ event_time: '2106-02-07 06:28:15', date: '2106-02-07' }),
    violations: 1,
    shows: [/^partition 210602 holds 1 events$/],
  },
  {
    audit: 'addresses.bare',
    what: 'an address says who came (A-19)',
    damage: () => add({ page_url: 'https://shop.example/page/1?user=7' }),
    violations: 1,
    shows: [/^1 events are stored with what names a user or a click$/],
  },
  {
    audit: 'addresses.bare',
    what: 'a referrer has a fragment (A-17)',
    damage: () => add({ referrer: 'https://social.example/feed#7' }),
    violations: 1,
    shows: [/^1 events are stored with what names a user or a click$/],
  },
  {
    audit: 'inserts.few',
    what: 'each event was an insert (A-02)',
    damage: async () => {
      for (let block = 0; block < 120; block += 1) await add()
    },
    violations: 1,
    shows: [/^\d+ inserts in 0 s/],
  },
]

for (const damage of damages)
  t.test(`${damage.audit} sees it when ${damage.what}`, async (t) => {
    t.equal((await audit(damage.audit)).state, 'held')
    await damage.damage()
    const { state, violations, examples } = await audit(damage.audit)
    t.match({ state, violations }, { state: 'violated', violations: damage.violations })
    t.match(examples, damage.shows)
    t.equal(examples.length, damage.shows.length)
    await clickhouse.command('TRUNCATE TABLE events')
    await clickhouse.command('INSERT INTO events SELECT * FROM kept')
  })
