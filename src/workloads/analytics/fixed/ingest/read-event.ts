import { z } from 'zod'
import { ENCODED_COLUMNS } from '../../events/columns.ts'
import { DEVICES } from '../../events/tables.ts'

const MAX_UINT32 = 0xffff_ffff
const text = z.string()
/** Of 64 bits: the last digits of a large one do not matter here, its bytes go on as they are. */
const uint64 = z
  .number()
  .refine((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 64, 'no UInt64')
const uuid = z.guid()

/** An encoded event of version 1 (`EVENT_VERSION`), as the table takes it. */
const encodedEvent = z.tuple([
  uuid,
  text,
  uint64,
  uuid,
  text,
  text,
  text,
  text,
  text,
  text,
  z.enum([...new Set(DEVICES)]),
  text,
  z.int().nonnegative().max(MAX_UINT32),
  z.int().nonnegative(),
])

/** Why a line is no event, or undefined when it is one. Only events of a block that the sink refused are read here. */
export function whyUnreadable(line: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
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
