import { setTimeout as sleep } from 'node:timers/promises'
import { countRoundTrip } from '../../core/cost.ts'
import { OperationFailure } from '../../core/errors.ts'
import type { Address, StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import { brokerList, queryAnswer, schemaAnswer, tableAnswer } from './answers.ts'
import type { QueryAnswer } from './answers.ts'
import type { PinotAsk, PinotClient } from './client.ts'
import { requireWhole } from './failures.ts'
import { isHeld } from './held.ts'
import { openSender } from './send.ts'
import type { Sender } from './send.ts'

const LOOK_EVERY_MS = 50
/** A table that was just dropped is still being taken down by the servers, and one just made waits for its consumers. */
const PATIENCE_MS = 60_000
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/
/** The table of a query: where it is asked. */
const FROM = /\bFROM\s+(\w+)/i

/** @throws Error for what is no name: it would reach another address of the controller */
function named(name: string): string {
  if (NAME.test(name)) return name
  throw new Error(`'${name}' is no name of a table: letters, digits and _ only`)
}

/** Tries until it is so. @throws OperationFailure `timeout` with what was hoped for */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > end)
      throw new OperationFailure('timeout', `pinot: not in ${PATIENCE_MS / 1000} s: ${what}`)
    await sleep(LOOK_EVERY_MS)
  }
}

/** Whether work was done that Pinot refuses for now. */
async function isDone(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof OperationFailure) return false
    throw error
  }
}

function clientOver(sender: Sender): PinotClient {
  const { send, close } = sender
  const brokers = new Map<string, Address>()

  async function brokerOf(table: string): Promise<Address> {
    const known = brokers.get(table)
    if (known !== undefined) return known
    const { body } = await send({ method: 'GET', path: `/v2/brokers/tables/${named(table)}` })
    const [broker] = brokerList.parse(body)
    if (broker === undefined) throw new OperationFailure('unavailable', `pinot: no broker for ${table}`)
    brokers.set(table, broker)
    return broker
  }

  async function ask(
    text: string,
    signal?: AbortSignal,
  ): Promise<{ readonly answer: QueryAnswer; readonly bytes: number }> {
    const table = FROM.exec(text)?.[1]
    if (table === undefined) throw new Error('a query of Pinot names a table')
    try {
      const of = await brokerOf(table)
      const { body, bytes } = await send({
        method: 'POST',
        path: '/query/sql',
        body: { sql: text },
        of,
        signal,
      })
      const answer = queryAnswer.parse(body)
      requireWhole(answer)
      return { answer, bytes }
    } catch (error) {
      // It may have moved.
      brokers.delete(table)
      throw error
    }
  }

  async function dropTable(name: string): Promise<void> {
    const path = `/tables/${named(name)}?type=realtime&retention=0d`
    await send({ method: 'DELETE', path, mayMiss: true })
    await until(`the rows of ${name} dropped`, async () => !(await isHeld(sender, name)))
    await until(`the schema of ${name} dropped`, () =>
      isDone(() => send({ method: 'DELETE', path: `/schemas/${name}`, mayMiss: true })),
    )
  }

  return {
    store: 'pinot',
    async query<Row extends object>(text: string, { cost, signal }: PinotAsk = {}) {
      const { answer, bytes } = await ask(text, signal)
      const { dataSchema, rows = [] } = answer.resultTable ?? {}
      const names = dataSchema?.columnNames ?? []
      if (cost !== undefined) countRoundTrip(cost, 'pinot', 1, rows.length, text.length + bytes)
      return rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])) as Row)
    },
    async replaceTable(name, { schema, table }) {
      await dropTable(name)
      await send({ method: 'POST', path: '/schemas', body: schema })
      await until(`table ${name} made`, () =>
        isDone(() => send({ method: 'POST', path: '/tables', body: table })),
      )
      await until(`table ${name} answering`, () =>
        isDone(async () => {
          const { answer } = await ask(`SELECT COUNT(*) FROM ${name}`)
          if (answer.numConsumingSegmentsQueried === 0)
            throw new OperationFailure('unavailable', `pinot: ${name} reads nothing yet`)
        }),
      )
    },
    dropTable,
    async tableOf(name) {
      const { body } = await send({ method: 'GET', path: `/tables/${named(name)}?type=realtime` })
      const table = tableAnswer.parse(body).REALTIME
      if (table === undefined) return undefined
      const found = await send({ method: 'GET', path: `/schemas/${name}`, mayMiss: true })
      return { table, schema: schemaAnswer.parse(found.body ?? {}) }
    },
    close: async () => close(),
  }
}

/** A client of one Pinot, with up to `poolSize` connections that are opened as they are needed. */
export function openPinot(endpoint: StoreEndpoint, options: ConnectOptions): PinotClient {
  return clientOver(openSender(endpoint, options))
}
