import { availableParallelism } from 'node:os'
import { OperationFailure } from '../../../../core/errors.ts'
import type { Readings, Trial } from '../../../../core/experiment.ts'
import { closedLoop, percentileOf } from '../../../../patterns/closed-loop.ts'
import type { CassandraClient } from '../../../../stores/cassandra/client.ts'
import { INSERT_MESSAGE } from '../../fixed/gateway/statements.ts'
import { declaredTable } from '../../schema.ts'
import { watchCores } from '../machine.ts'
import { conversationOf, messageIds, messageValues } from '../message.ts'
import { BASE, ROWS } from './layouts.ts'
import type { Layout } from './layouts.ts'
import { conversationsByNode } from './ring.ts'

const KEYSPACE = 'arch_messaging_nodes'
/** Writes under way at a time, and how many of each lane come before those that count. */
export const IN_FLIGHT: number = 128
const WARMUP = 5

/** The same table twice. */
interface Tables {
  /** With one copy of each message. */
  readonly one: CassandraClient
  /** With a copy on each node. */
  readonly all: CassandraClient
  /** Conversations by the node that has them where there is one copy. */
  readonly byNode: readonly (readonly string[])[]
}

/** Conversations in turns over the nodes of a layout; which of them comes first changes with the round. */
function conversationsFor({ byNode }: Tables, { nodes }: Layout, round: number): readonly string[] {
  const lists = Array.from({ length: nodes }, (_, node) => byNode[(round + node) % byNode.length] ?? [])
  return (lists[0] ?? []).flatMap((_, index) => lists.map((list) => list[index] ?? ''))
}

interface Measured {
  readonly perSecond: number
  readonly acknowledged: number
  readonly failed: number
  readonly busy: number
  readonly p50: number
  readonly p99: number
}

type Turn = Pick<Trial, 'round' | 'signal'>

async function write(tables: Tables, layout: Layout, trial: Turn, milliseconds: number): Promise<Measured> {
  const client = layout.copies === 1 ? tables.one : tables.all
  const conversations = conversationsFor(tables, layout, trial.round)
  await client.execute('TRUNCATE messages')
  const newId = messageIds()
  let acknowledged = 0
  let failed = 0
  let number = 0
  const one = async (): Promise<void> => {
    number += 1
    const values = messageValues(conversations[number % conversations.length] ?? '', newId(), number)
    try {
      await client.query(INSERT_MESSAGE, values)
      acknowledged += 1
    } catch (error) {
      if (!(error instanceof OperationFailure)) throw error
      failed += 1
    }
  }
  await closedLoop(IN_FLIGHT, WARMUP, trial.signal, one)
  const before = acknowledged
  const busy = watchCores()
  const signal = AbortSignal.any([trial.signal, AbortSignal.timeout(milliseconds)])
  const { seconds, latencies } = await closedLoop(IN_FLIGHT, Infinity, signal, one)
  return {
    perSecond: (acknowledged - before) / seconds,
    acknowledged,
    failed,
    busy: busy(),
    p50: percentileOf(latencies, 0.5),
    p99: percentileOf(latencies, 0.99),
  }
}

/** One node and the row for so long each, one after the other: in every second round the row first. */
async function measure(
  tables: Tables,
  trial: Turn & Pick<Trial, 'row'>,
  milliseconds: number,
): Promise<Readings> {
  const layout = ROWS.find(({ name }) => name === trial.row)
  if (layout === undefined) throw new RangeError(`no row ${trial.row}`)
  const isFirst = trial.round % 2 === 1
  const early = isFirst ? await write(tables, layout, trial, milliseconds) : undefined
  const base = await write(tables, BASE, trial, milliseconds)
  const own = early ?? (await write(tables, layout, trial, milliseconds))
  const { perSecond: writes, acknowledged, p50, p99, busy } = own
  const { nodes, copies } = layout
  return {
    base: base.perSecond,
    writes,
    ratio: writes / base.perSecond,
    p50,
    p99,
    failed: own.failed + base.failed,
    acknowledged,
    busyBase: base.busy,
    busy,
    cores: availableParallelism(),
    nodes,
    copies,
  }
}

async function makeTable(
  server: CassandraClient,
  keyspace: string,
  copies?: number,
): Promise<CassandraClient> {
  const [datacenter = ''] = Object.keys(await server.datacenters())
  await server.dropKeyspace(keyspace)
  await server.createKeyspace(keyspace, copies === undefined ? undefined : { [datacenter]: copies })
  const client = server.withKeyspace(keyspace)
  await client.execute(await declaredTable('fixed', 'messages'))
  return client
}

/** The tables of the experiment, and pairs of measurements on them. */
export interface NodeTables extends Tables {
  /** Writes one message, of which each node has a copy. @throws OperationFailure */
  write(number: number): Promise<unknown>
  measure(trial: Turn & Pick<Trial, 'row'>, milliseconds: number): Promise<Readings>
  close(): Promise<void>
}

/** Makes the tables anew in keyspaces of their own. @throws ArchError where a node is missing, OperationFailure */
export async function openTables(server: CassandraClient): Promise<NodeTables> {
  const names = { one: `${KEYSPACE}_one`, all: `${KEYSPACE}_all` }
  const one = await makeTable(server, names.one, 1)
  const all = await makeTable(server, names.all)
  const newId = messageIds()
  const tables: Tables = { one, all, byNode: await conversationsByNode(server, one) }
  return {
    ...tables,
    write: (number) => all.query(INSERT_MESSAGE, messageValues(conversationOf(number), newId(), number)),
    measure: (trial, milliseconds) => measure(tables, trial, milliseconds),
    async close() {
      for (const name of Object.values(names)) await server.dropKeyspace(name)
    },
  }
}
