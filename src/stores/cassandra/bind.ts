import type { CassandraValue } from './client.ts'
import { CODE, entryTypes, itemType, nameOfType } from './types.ts'
import type { ColumnType } from './types.ts'

/** Turns a value into what the driver encodes, or throws a TypeError that says what does not fit. */
export type Binder = (value: CassandraValue, where: string) => unknown

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const TIMEUUID = /^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const LARGEST_LONG = 2n ** 63n - 1n

function wrong(value: CassandraValue | null | undefined, where: string, wanted: string): TypeError {
  if (value === undefined || value === null) {
    return new TypeError(
      `${where} is ${String(value)}, which would write a tombstone: leave its column out of the statement (M-15)`,
    )
  }
  const found = typeof value === 'object' ? value.constructor.name : `${typeof value} ${value}`
  return new TypeError(`${where} takes ${wanted}, and is ${found.slice(0, 80)}`)
}

function whole(bits: number, name: string): Binder {
  const limit = 2 ** (bits - 1)
  return (value, where) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= -limit && value < limit) return value
    throw wrong(value, where, `a whole number of ${bits} bits (${name})`)
  }
}

const bindLong: Binder = (value, where) => {
  if (typeof value === 'bigint' && value >= -LARGEST_LONG - 1n && value <= LARGEST_LONG) return value
  throw wrong(value, where, 'a bigint of 64 bits')
}

const bindVarint: Binder = (value, where) => {
  if (typeof value === 'bigint') return value
  throw wrong(value, where, 'a bigint')
}

const bindNumber: Binder = (value, where) => {
  if (typeof value === 'number') return value
  throw wrong(value, where, 'a number')
}

const bindBoolean: Binder = (value, where) => {
  if (typeof value === 'boolean') return value
  throw wrong(value, where, 'a boolean')
}

const bindDate: Binder = (value, where) => {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value
  throw wrong(value, where, 'a valid Date')
}

const bindBytes: Binder = (value, where) => {
  if (Buffer.isBuffer(value)) return value
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  throw wrong(value, where, 'a Uint8Array')
}

/** In small letters, as uuids come back. */
function uuid(wanted: string, form: RegExp): Binder {
  return (value, where) => {
    if (typeof value === 'string' && form.test(value)) return value.toLowerCase()
    throw wrong(value, where, wanted)
  }
}

function text(wanted: string, form?: RegExp): Binder {
  return (value, where) => {
    if (typeof value === 'string' && (form === undefined || form.test(value))) return value
    throw wrong(value, where, wanted)
  }
}

/** The driver takes an array for a set too. */
function collection(item: Binder, kind: 'list' | 'set'): Binder {
  return (value, where) => {
    const items = kind === 'list' && Array.isArray(value) ? value : undefined
    const found = items ?? (kind === 'set' && value instanceof Set ? [...value] : undefined)
    if (found === undefined) throw wrong(value, where, kind === 'list' ? 'an array' : 'a Set')
    return (found as readonly CassandraValue[]).map((each) => item(each, `an item of ${where}`))
  }
}

function entries(key: Binder, item: Binder): Binder {
  return (value, where) => {
    if (!(value instanceof Map)) throw wrong(value, where, 'a Map')
    const pairs = [...(value as ReadonlyMap<CassandraValue, CassandraValue>)]
    return new Map(
      pairs.map(([name, each]) => [key(name, `a key of ${where}`), item(each, `a value of ${where}`)]),
    )
  }
}

const SCALARS: Readonly<Record<number, Binder>> = {
  [CODE.ascii]: text('a string'),
  [CODE.text]: text('a string'),
  [CODE.varchar]: text('a string'),
  [CODE.bigint]: bindLong,
  [CODE.counter]: bindLong,
  [CODE.varint]: bindVarint,
  [CODE.int]: whole(32, 'int'),
  [CODE.smallint]: whole(16, 'smallint'),
  [CODE.tinyint]: whole(8, 'tinyint'),
  [CODE.double]: bindNumber,
  [CODE.float]: bindNumber,
  [CODE.boolean]: bindBoolean,
  [CODE.timestamp]: bindDate,
  [CODE.blob]: bindBytes,
  [CODE.uuid]: uuid('a uuid', UUID),
  [CODE.timeuuid]: uuid('a timeuuid (a uuid of version 1)', TIMEUUID),
  [CODE.date]: text('a date like 2026-11-28', /^-?\d{4,}-\d{2}-\d{2}$/),
  [CODE.time]: text('a time like 13:30:54.234', /^\d{2}:\d{2}:\d{2}(\.\d{1,9})?$/),
  [CODE.inet]: text('an address', /^[\d.:a-f]+$/i),
  [CODE.decimal]: text('a decimal number as a string', /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i),
}

/** How values of a type are bound. */
export function binderOf(type: ColumnType): Binder {
  const scalar = SCALARS[type.code]
  if (scalar !== undefined) return scalar
  if (type.code === CODE.list) return collection(binderOf(itemType(type)), 'list')
  if (type.code === CODE.set) return collection(binderOf(itemType(type)), 'set')
  if (type.code === CODE.map) {
    const [key, item] = entryTypes(type)
    return entries(binderOf(key), binderOf(item))
  }
  return (value, where) => {
    throw wrong(value, where, `nothing that this client can bind (${nameOfType(type)})`)
  }
}
