import { perSecond } from '../../../../core/model.ts'
import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import { textOf } from '../../clients/plaintext.ts'
import { rates } from '../../model.ts'
import { messagingStores } from '../../stores.ts'
import { storedMessages } from './rows.ts'

/** What the designers of Cassandra advise against exceeding (M-01). */
const MOST_BYTES = 100 * 2 ** 20
/** Of a row: its text, and about as much as ids, words and the store's own need. */
const ROW_BYTES = Buffer.byteLength(textOf('00000000-0000-0000-0000-000000000000')) + 100
const DAY_SECONDS = 86_400
/** MSG-01. */
const USERS = 2e9

/** Days of the documented traffic, 50 messages a user, after which a partition passes 100 MB that grew as in this run. */
function daysUntilFull(rows: number, messages: number, users: number): number {
  const daily = (perSecond(rates['message.send']) * DAY_SECONDS * users) / USERS
  return MOST_BYTES / ((rows * ROW_BYTES * daily) / messages)
}

/**
 * Something in the key of a partition ends it: a conversation that goes on does not grow one for ever (M-01). What the
 * busiest one grew by in the run, and when it would pass 100 MB by that, is told; it was not waited for.
 */
export const asWrittenPartitionsBounded: Audit = {
  name: 'partitions.bounded',
  claims: ['MSG-13'],
  defects: ['M-01'],
  async run({ stores, population }) {
    const { cassandra } = messagingStores(stores, 'as-written')
    const table = (await cassandra.describe())?.tables.find(({ name }) => name === 'messages')
    const key = (table?.columns ?? []).filter(({ kind }) => kind === 'partition_key').map(({ name }) => name)
    const sizes = new Map<string, number>()
    const keys = new Set<string>()
    for await (const message of storedMessages(cassandra)) {
      keys.add(message.key)
      sizes.set(message.conversation, (sizes.get(message.conversation) ?? 0) + 1)
    }
    const findings = newFindings()
    findings.checked = sizes.size
    const [conversation, rows] = [...sizes].reduce<readonly [string, number]>(
      (most, each) => (each[1] > most[1] ? each : most),
      ['', 0],
    )
    if (rows > 0 && key.length === 1) {
      const days = daysUntilFull(rows, keys.size, population.size)
      addViolation(
        findings,
        `all of a conversation is one partition, by ${key[0]}: ${conversation} grew by ${rows} rows, and by that passes 100 MB after ${days.toFixed(0)} days of 50 messages a user`,
      )
    }
    return outcomeOf(findings, `the largest partition has ${rows} rows, about ${rows * ROW_BYTES} bytes`)
  },
}
