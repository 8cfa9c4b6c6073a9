import { randomBytes } from 'node:crypto'

/** 100 ns from 1582-10-15, where version 1 counts from, to 1970 (RFC 9562, 5.1). */
const TICKS_TO_1970 = 122_192_928_000_000_000n
const TICKS_PER_MS = 10_000n
const TICKS_BITS = 60n

/** The least TIMEUUID: everything comes after it. */
export const OLDEST = '00000000-0000-1000-8080-808080808080'

/** Makes TIMEUUIDs by the clock of this process, none twice and each greater than the one before. */
export function timeUuids(now: () => number = Date.now): () => string {
  const bytes = randomBytes(8)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x80
  // A node that is drawn has the multicast bit, so that it is nobody's network card.
  bytes[2] = (bytes[2] ?? 0) | 0x01
  const low = bytes.toString('hex')
  let last = 0n
  return () => {
    const ticks = BigInt(now()) * TICKS_PER_MS + TICKS_TO_1970
    last = ticks > last ? ticks : last + 1n
    const time = last.toString(16).padStart(15, '0')
    return `${time.slice(7)}-${time.slice(3, 7)}-1${time.slice(0, 3)}-${low.slice(0, 4)}-${low.slice(4)}`
  }
}

/** A number by which TIMEUUIDs stand in the order in which Cassandra keeps those of one process: what people see of an id. */
export function timeUuidNumber(uuid: string): bigint {
  const [low = '0', middle = '0', high = '0', sequence = '0', node = '0'] = uuid.split('-')
  const ticks = BigInt(`0x${high}${middle}${low}`) & ((1n << TICKS_BITS) - 1n)
  return (ticks << 64n) | BigInt(`0x${sequence}${node}`)
}
