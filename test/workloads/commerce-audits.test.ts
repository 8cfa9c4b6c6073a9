import t from 'tap'
import { idGenerator, shardOfId } from '../../src/core/snowflake.ts'
import { fixedAudits } from '../../src/workloads/commerce/audits/index.ts'
import { TOPIC } from '../../src/workloads/commerce/fixed/events/topics.ts'
import { auditOf, rolledBack, SEARCH_AUDITS } from '../helpers/commerce-audits.ts'
import { eventually } from '../helpers/context.ts'
import { damagesOf, UNGUARDED } from '../helpers/commerce-damages.ts'
import { journalWith, smallRun } from '../helpers/commerce-run.ts'

const run = await smallRun()
const { catalogue } = run
const { one } = run.orders
const { kafka } = run.own
const nobodys = idGenerator(33).next(shardOfId(one))

const names = fixedAudits.map(({ name }) => name).filter((name) => !SEARCH_AUDITS.includes(name))

t.test('every audit holds on a run that went right, and has looked at something', async (t) => {
  for (const name of names) {
    const outcome = await auditOf(name, run.stores, run.journal)
    t.match(outcome, { state: 'held', violations: 0 }, name)
    t.same(outcome.examples, [], name)
    t.ok(outcome.checked > 0, `${name} checked ${outcome.checked}`)
  }
})

t.test('an audit that needs the journal has nothing to check without one', async (t) => {
  for (const name of ['orders.history', 'journal.acknowledged', 'refusals.right'])
    t.match(await auditOf(name, run.stores, journalWith([])), { state: 'nothing to check' }, name)
})

for (const { audit, what, sql, journal, shows, also = [] } of damagesOf(run)) {
  t.test(`${audit} sees ${what}`, async (t) => {
    const witness = journalWith(journal?.(run.entries) ?? run.entries)
    await rolledBack(run.stores, async (stores, queries) => {
      if (sql !== undefined) await queries.execute(UNGUARDED + sql)
      const seen: string[] = []
      for (const name of names) {
        const outcome = await auditOf(name, stores, witness)
        if (outcome.state === 'violated') seen.push(name)
        if (name === audit) t.match(outcome.examples.join('\n'), shows)
      }
      t.same(seen.sort(), [audit, ...also].sort())
    })
  })
}

async function seenIn(name: string): Promise<string> {
  return (await auditOf(name, run.stores, run.journal)).examples.join('\n')
}

t.test(
  'events.created sees events of orders that are not there, and two creations of one, not a repeated one',
  async (t) => {
    const created = (order: bigint, event: string) => ({
      key: String(order),
      value: '{}',
      headers: { kind: 'order.created', id: event },
    })
    await kafka.produce(TOPIC.orders, [created(nobodys, '1-1'), created(nobodys, '1-1')])
    t.equal(await seenIn('events.created'), `order.created tells of order ${nobodys}, which is not there`)
    await kafka.produce(TOPIC.orders, [created(one, '9-9')])
    t.match(
      await seenIn('events.created'),
      new RegExp(`order ${one} was created by events \\d+-\\d+ and 9-9`),
    )
  },
)

t.test('events.created sees an order without an event', async (t) => {
  await kafka.deleteTopics([TOPIC.orders])
  await kafka.ensureTopics([{ name: TOPIC.orders, partitions: 4, settings: {} }])
  t.match(await seenIn('events.created'), new RegExp(`order ${one} has no order.created`))
})

t.test('events.readable sees a dead letter, with its reason', async (t) => {
  await kafka.produce(TOPIC.deadLetters, [
    { key: 'order-events-0-7', value: '?', headers: { reason: 'no JSON' } },
  ])
  t.equal(await seenIn('events.readable'), 'order-events-0-7: no JSON')
})

t.test('locks.ordered sees transactions that waited for each other', async (t) => {
  const { postgres } = run.own
  const [first, second] = [catalogue.productId(1), catalogue.productId(2)]
  const lock = (product: bigint): string => `SELECT FROM inventory WHERE product_id = ${product} FOR UPDATE`
  const firstIsLocked = Promise.withResolvers<void>()
  const secondIsLocked = Promise.withResolvers<void>()
  const ends = await Promise.allSettled([
    postgres.transaction(async (queries) => {
      await queries.execute(lock(first))
      firstIsLocked.resolve()
      await secondIsLocked.promise
      await queries.execute(lock(second))
    }),
    postgres.transaction(async (queries) => {
      await queries.execute(lock(second))
      secondIsLocked.resolve()
      await firstIsLocked.promise
      await queries.execute(lock(first))
    }),
  ])
  t.equal(ends.filter(({ status }) => status === 'rejected').length, 1)
  // A session tells the server's statistics of it when it is idle.
  await eventually(async () => (await seenIn('locks.ordered')).startsWith('1 transactions were broken off'))
})
