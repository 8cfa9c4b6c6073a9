/** Kinds of values in the protocol, by their codes. */
export const CODE = {
  custom: 0x00,
  ascii: 0x01,
  bigint: 0x02,
  blob: 0x03,
  boolean: 0x04,
  counter: 0x05,
  decimal: 0x06,
  double: 0x07,
  float: 0x08,
  int: 0x09,
  text: 0x0a,
  timestamp: 0x0b,
  uuid: 0x0c,
  varchar: 0x0d,
  varint: 0x0e,
  timeuuid: 0x0f,
  inet: 0x10,
  date: 0x11,
  time: 0x12,
  smallint: 0x13,
  tinyint: 0x14,
  duration: 0x15,
  list: 0x20,
  map: 0x21,
  set: 0x22,
} as const

const NAMES = new Map<number, string>(Object.entries(CODE).map(([name, code]) => [code, name]))

/** What of a column or a parameter the protocol tells. */
export interface ColumnType {
  readonly code: number
  /** Of a list or a set the type of its items, of a map a pair of types. */
  readonly info: unknown
}

/** The name of a kind of values, for people. */
export function nameOfType(type: ColumnType): string {
  return NAMES.get(type.code) ?? 'a tuple or a type of its own'
}

/** The type of the items of a list or a set. */
export function itemType(type: ColumnType): ColumnType {
  return type.info as ColumnType
}

/** The types of the keys and the values of a map. */
export function entryTypes(type: ColumnType): readonly [ColumnType, ColumnType] {
  return type.info as readonly [ColumnType, ColumnType]
}
