import type { types } from 'cassandra-driver'
import { CODE, entryTypes, itemType } from './types.ts'
import type { ColumnType } from './types.ts'

/** Turns what the driver decoded into what `CassandraValue` promises. */
type Reader = (value: unknown) => unknown

/** Uuids, dates and so on are objects of the driver's. */
const asText: Reader = (value) => String(value)

/** A moment beyond what a Date holds must not come back as no moment at all. */
const asDate: Reader = (value) => {
  if (value instanceof Date && Number.isNaN(value.getTime()))
    throw new RangeError('cassandra: a timestamp is out of the range of a Date')
  return value
}

const OBJECTS: Readonly<Record<number, Reader>> = {
  [CODE.uuid]: asText,
  [CODE.timeuuid]: asText,
  [CODE.date]: asText,
  [CODE.time]: asText,
  [CODE.inet]: asText,
  [CODE.decimal]: asText,
  [CODE.duration]: asText,
  [CODE.timestamp]: asDate,
}

function orNull(reader: Reader | undefined): Reader | undefined {
  return reader === undefined ? undefined : (value) => (value === null ? null : reader(value))
}

function readerOfItems(type: ColumnType): Reader | undefined {
  if (type.code === CODE.map) {
    const [key, item] = entryTypes(type).map(readerOf)
    if (key === undefined && item === undefined) return undefined
    return (value) =>
      new Map(
        [...(value as ReadonlyMap<unknown, unknown>)].map(([name, each]) => [
          key === undefined ? name : key(name),
          item === undefined ? each : item(each),
        ]),
      )
  }
  const item = readerOf(itemType(type))
  if (item === undefined) return undefined
  return type.code === CODE.set
    ? (value) => new Set([...(value as ReadonlySet<unknown>)].map(item))
    : (value) => (value as readonly unknown[]).map(item)
}

/** Undefined where the driver's value is ours. */
function readerOf(type: ColumnType): Reader | undefined {
  const isCollection = type.code === CODE.list || type.code === CODE.set || type.code === CODE.map
  return isCollection ? readerOfItems(type) : OBJECTS[type.code]
}

interface Column {
  readonly name: string
  readonly reader: Reader | undefined
}

function columnsOf(result: types.ResultSet): readonly Column[] {
  return result.columns.map(({ name, type }) => ({ name, reader: orNull(readerOf(type)) }))
}

/** The rows of an answer as plain objects; a column that nothing was written to is null. */
export function rowsOf<Row>(result: types.ResultSet): Row[] {
  // Answers without rows have no columns either, whatever the driver's types say.
  if ((result.rows as types.Row[] | undefined) === undefined) return []
  const columns = columnsOf(result)
  return result.rows.map((row) => {
    const plain: Record<string, unknown> = {}
    for (const { name, reader } of columns) {
      const value: unknown = row[name]
      plain[name] = reader === undefined ? value : reader(value)
    }
    return plain as Row
  })
}
