import { Refusal } from '../../../core/errors.ts'

/** Ids and amounts are 64-bit integers in PostgreSQL, and never negative. */
const BEYOND = 2n ** 63n
/** Minor units of a price, and of all lines of an order together: tax and shipping have room above it. */
export const LARGEST_AMOUNT: bigint = 2n ** 62n
/** Rows of a page. */
const MOST_ROWS = 100

/** Whether anything can have this id. */
export function isId(id: bigint): boolean {
  return id >= 0n && id < BEYOND
}

/** Whether anything can cost so much. */
export function isAmount(minor: bigint): boolean {
  return minor >= 0n && minor <= LARGEST_AMOUNT
}

/** Whether PostgreSQL and Elasticsearch take it for text, of `longest` units of UTF-16 at most. */
export function isText(text: string, longest: number): boolean {
  return text.length > 0 && text.length <= longest && !text.includes('\0') && text.isWellFormed()
}

/** @throws Refusal with the reason that an unknown one has, when nothing can have this id */
export function demandId(id: bigint, reason: string): void {
  if (!isId(id)) throw new Refusal(reason)
}

/** @throws Refusal with the reason that an unknown one has, unless it is a whole number from 0 to `last` */
export function demandWhole(number: number, last: number, reason: string): void {
  if (!Number.isInteger(number) || number < 0 || number > last) throw new Refusal(reason)
}

/** @throws Refusal `invalid-limit` unless it is a whole number from 1 to 100 */
export function demandLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ROWS) throw new Refusal('invalid-limit')
}
