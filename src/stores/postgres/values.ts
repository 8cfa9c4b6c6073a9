import { types } from 'pg'
import type { CustomTypesConfig } from 'pg'
import type { SqlValue } from './client.ts'

const INT8 = 20
const INT8_ARRAY = 1016

function parseInt8Array(text: string): (bigint | null)[] {
  if (text === '{}') return []
  return text
    .slice(1, -1)
    .split(',')
    .map((item) => (item === 'NULL' ? null : BigInt(item)))
}

function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === INT8) return BigInt
  if (oid === INT8_ARRAY) return parseInt8Array
  return types.getTypeParser(oid, format)
}

/** Parsers of one connection: `int8` answers `bigint`. The global parsers of the driver stay as they are. */
export const typeParsers: CustomTypesConfig = {
  getTypeParser: parserOf as CustomTypesConfig['getTypeParser'],
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
