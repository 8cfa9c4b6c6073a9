import type { Client } from 'cassandra-driver'
import { binderOf } from './bind.ts'
import type { Binder } from './bind.ts'
import type { CassandraStatement, CassandraValue } from './client.ts'
import { preparedMeta } from './driver.ts'
import type { ColumnType } from './types.ts'

interface Parameter {
  readonly name: string
  readonly type: ColumnType
  readonly bind: Binder
}

/** A statement as the server knows it. */
export interface Prepared {
  /** @throws TypeError where a value does not fit, or there are too few or too many of them */
  bind(values: readonly CassandraValue[]): unknown[]
  /** Text that two partitions never share. @throws TypeError where the statement does not bind its whole partition key */
  partitionOf(bound: readonly unknown[]): string
}

function textOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (value instanceof Date) return String(value.getTime())
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function preparedOf(text: string, parameters: readonly Parameter[], keys: readonly number[]): Prepared {
  return {
    bind(values) {
      if (values.length !== parameters.length)
        throw new TypeError(`${parameters.length} values belong to '${text}', and ${values.length} are given`)
      const bound: unknown[] = []
      for (let index = 0; index < parameters.length; index += 1) {
        const { name, bind } = parameters[index] as Parameter
        bound.push(bind(values[index] as CassandraValue, `value ${index + 1} (${name}) of '${text}'`))
      }
      return bound
    },
    partitionOf(bound) {
      if (keys.length === 0)
        throw new TypeError(`'${text}' does not bind its whole partition key: it cannot be in a batch`)
      return keys.map((index) => `${parameters[index]?.type.code}:${textOf(bound[index])}`).join(' ')
    },
  }
}

/** The statements of one driver, each prepared when it is first asked for. */
export interface Statements {
  /** Undefined where it was not prepared yet. */
  known(statement: CassandraStatement): Prepared | undefined
  /** @throws the driver's error where the server does not take it, or does not answer */
  prepare(statement: CassandraStatement): Promise<Prepared>
}

export function newStatements(driver: Client, keyspace: string | undefined): Statements {
  const known = new Map<string, Prepared>()
  return {
    known: ({ text }) => known.get(text),
    async prepare({ text }) {
      const { columns, partitionKeys = [] } = await preparedMeta(driver, text, keyspace)
      const parameters = columns.map(({ name, type }) => ({ name, bind: binderOf(type), type }))
      const prepared = preparedOf(text, parameters, partitionKeys)
      known.set(text, prepared)
      return prepared
    },
  }
}
