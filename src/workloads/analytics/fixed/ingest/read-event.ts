import { z } from 'zod'
import { ENCODED_COLUMNS } from '../../events/columns.ts'
import { DEVICES } from '../../events/tables.ts'

const DIGITS = /^\d+$/

/** What ClickHouse makes half a pair of surrogates into is not UTF-8. */
const text = z.string().refine((value) => value.isWellFormed(), 'half a pair of surrogates')
const whole = (bits: bigint): z.ZodBigInt =>
  z.bigint('no whole number in digits').max(2n ** bits - 1n, `above ${bits} bits`)
const uuid = z.guid()

/** An encoded event of version 1 (`EVENT_VERSION`), as the table takes it. */
const encodedEvent = z.tuple([
  uuid,
  text,
  whole(64n),
  uuid,
  text,
  text,
  text,
  text,
  text,
  text,
  z.enum([...new Set(DEVICES)]),
  text,
  whole(32n),
  whole(53n),
])

/** Numbers as they are written: ClickHouse's reader of integers takes digits alone, not 12.0 or 1e3 or -0. */
function asWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = typeof value === 'number' ? context?.source : undefined
  return source !== undefined && DIGITS.test(source) ? BigInt(source) : value
}

/**
 * Why a line is no event, or undefined when it is one: the one judgement about events. It is stricter than ClickHouse,
 * which takes quoted numbers, nothing at all for a number, raw control characters and several rows in a line.
 */
export function whyUnreadable(line: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(line, asWritten)
  } catch {
    return 'not JSON'
  }
  const read = encodedEvent.safeParse(value)
  if (read.success) return undefined
  const [issue] = read.error.issues
  const place = issue?.path[0]
  const name = typeof place === 'number' ? (ENCODED_COLUMNS[place] ?? `value ${place}`) : 'values'
  return `${name}: ${issue?.message ?? 'not as declared'}`
}
