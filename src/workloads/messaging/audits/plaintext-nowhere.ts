import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { CassandraClient, CassandraTable } from '../../../stores/cassandra/client.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import { CANARY } from '../clients/plaintext.ts'
import { messagingStores } from '../stores.ts'
import { allRows } from '../rows.ts'
import { redisKeys } from './redis-keys.ts'

/** Of each table so many rows are looked at: minutes of reading. */
const MOST_ROWS = 500_000

/** Words as somebody would store them: as they are, in base64 whatever stands before them, and in hexadecimal. */
export function formsOf(words: string): readonly string[] {
  const encoded = [0, 1, 2].map((shift) =>
    Buffer.from(`${'.'.repeat(shift)}${words}`)
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  )
  return [words, ...encoded, Buffer.from(words).toString('hex')]
}

const FORMS = formsOf(CANARY)

/** Whether text or bytes hold the known words in one of the forms that somebody would store them in. */
export function holdsCanary(value: unknown): boolean {
  if (typeof value === 'string') return FORMS.some((form) => value.includes(form))
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return FORMS.some((form) => bytes.includes(form))
  }
  return false
}

async function inTable(
  cassandra: CassandraClient,
  table: CassandraTable,
): Promise<readonly [number, number]> {
  const names = table.columns.map(({ name }) => name)
  let looked = 0
  let found = 0
  const statement = { text: `SELECT ${names.join(', ')} FROM ${table.name}`, idempotent: true }
  for await (const row of allRows<Readonly<Record<string, unknown>>>(cassandra, statement)) {
    looked += 1
    if (Object.values(row).some(holdsCanary)) found += 1
    if (looked === MOST_ROWS) break
  }
  return [looked, found]
}

/** Reads a value of any type that messaging keeps in Redis. */
async function valuesOf(redis: RedisClient, names: readonly string[]): Promise<readonly unknown[]> {
  const types = await redis.wave(names.map((name) => ['type', name]))
  return redis.wave(
    names.map((name, index) => {
      if (types[index] === 'hash') return ['hgetall', name]
      if (types[index] === 'zset') return ['zrange', name, 0, -1]
      if (types[index] === 'set') return ['smembers', name]
      if (types[index] === 'list') return ['lrange', name, 0, -1]
      return ['get', name]
    }),
  )
}

async function inRedis(redis: RedisClient): Promise<readonly [number, number]> {
  let looked = 0
  let found = 0
  for await (const names of redisKeys(redis))
    for (const value of await valuesOf(redis, names)) {
      looked += 1
      if ((Array.isArray(value) ? value : [value]).some(holdsCanary)) found += 1
    }
  return [looked, found]
}

/** Known words that were in every message are in no table and in no queue, in no usual form (MSG-05, M-07). */
export const plaintextNowhere: Audit = {
  name: 'plaintext.nowhere',
  claims: ['MSG-05', 'MSG-11'],
  defects: ['M-07'],
  async run({ stores }) {
    const { cassandra, redis } = messagingStores(stores, 'fixed')
    const findings = newFindings()
    const schema = await cassandra.describe()
    const cut: string[] = []
    for (const table of schema?.tables ?? []) {
      const [looked, found] = await inTable(cassandra, table)
      findings.checked += looked
      if (looked === MOST_ROWS) cut.push(table.name)
      if (found > 0) addViolation(findings, `${found} of ${looked} rows of ${table.name} hold plaintext`)
    }
    const [looked, found] = await inRedis(redis)
    findings.checked += looked
    if (found > 0) addViolation(findings, `${found} of ${looked} values in Redis hold plaintext`)
    return outcomeOf(
      findings,
      cut.length === 0 ? undefined : `only the first ${MOST_ROWS} rows of ${cut.join(', ')}`,
    )
  },
}
