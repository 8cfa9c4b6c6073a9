import { types } from 'pg'
import type { CustomTypesConfig } from 'pg'
import type { SqlValue } from './client.ts'

const INT8: number = types.builtins.INT8
/** Not among the driver's names. */
const INT8_ARRAY: number = 1016

function parseInt8Array(text: string): (bigint | null)[] {
  if (text === '{}') return []
  return text
    .slice(1, -1)
    .split(',')
    .map((item) => (item === 'NULL' ? null : BigInt(item)))
}

const parserOf: CustomTypesConfig['getTypeParser'] = (type, format) => {
  const oid: number = type
  if (oid === INT8) return BigInt
  if (oid === INT8_ARRAY) return parseInt8Array
  return types.getTypeParser(type, format)
}

/** Parsers of one connection: `int8` answers `bigint`. The global parsers of the driver stay as they are. */
export const typeParsers: CustomTypesConfig = {
  getTypeParser: parserOf,
}

function isWholeNumberList(list: readonly unknown[]): boolean {
  for (const item of list) if (typeof item !== 'bigint' && !Number.isInteger(item)) return false
  return true
}

/** Lists of integers become array text here: the driver would quote and escape each item of a long one. */
export function parameters(values: readonly SqlValue[] | undefined): unknown[] {
  if (values === undefined) return []
  let converted: unknown[] | undefined
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]
    if (Array.isArray(value) && isWholeNumberList(value)) {
      converted ??= [...values]
      converted[index] = `{${value.join(',')}}`
    }
  }
  return converted ?? (values as unknown[])
}
