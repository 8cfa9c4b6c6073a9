import { readFile } from 'node:fs/promises'
import { ArchError, OperationFailure } from '../core/errors.ts'
import type { SchemaDifference } from '../core/workload.ts'
import type { StepReport } from '../core/population.ts'
import type {
  CassandraClient,
  CassandraColumn,
  CassandraReplication,
  CassandraSchema,
} from '../stores/cassandra/client.ts'

const ABSENT = 'nothing'

/** How a variant declares its Cassandra tables: CQL files that are run in order, in a keyspace of their own. */
export interface DeclaredKeyspace {
  readonly keyspace: string
  /** Default a copy on each node, three at most in a data centre. */
  readonly replication?: CassandraReplication
  /** Paths relative to the package, e.g. `schemas/messaging/cassandra.cql`. Their statements may be run again. */
  readonly files: readonly string[]
}

/** Each object of a keyspace by name ("column messages.envelope"), with all that its declaration decided. */
type Catalog = ReadonlyMap<string, string>

function wordsOf({ type, kind, position, order }: CassandraColumn): string {
  const key = kind === 'regular' || kind === 'static' ? '' : ` ${position}`
  return `${type} ${kind}${key}${order === 'none' ? '' : ` ${order}`}`
}

function catalogOf(schema: CassandraSchema): Catalog {
  const copies = Object.entries(schema.replication).sort(([one], [other]) => (one < other ? -1 : 1))
  const tables = schema.tables.flatMap(({ name, columns, options, indexes }): [string, string][] => [
    [`table ${name}`, 'a table'],
    ...columns.map((column): [string, string] => [`column ${name}.${column.name}`, wordsOf(column)]),
    ...Object.entries(options).map(([option, value]): [string, string] => [
      `option ${name}.${option}`,
      value,
    ]),
    ...indexes.map((index): [string, string] => [`index ${name}.${index}`, 'an index']),
  ])
  return new Map([['replication', copies.map(([name, value]) => `${name} ${value}`).join(', ')], ...tables])
}

/** Of a table that is not there, its columns and options say no more. */
function isOfMissingTable(object: string, live: Catalog): boolean {
  const [kind, name = ''] = object.split(' ')
  return kind !== 'table' && kind !== 'replication' && !live.has(`table ${name.split('.')[0]}`)
}

function compare(declared: Catalog, live: Catalog): readonly SchemaDifference[] {
  const objects = [...new Set([...declared.keys(), ...live.keys()])].sort()
  return objects.flatMap((object) => {
    const expected = declared.get(object) ?? ABSENT
    const found = live.get(object) ?? ABSENT
    return expected === found || isOfMissingTable(object, live) ? [] : [{ object, expected, found }]
  })
}

/** Runs the files in a keyspace, which is made where it is not there. @throws ArchError that names the file */
async function runFiles(
  server: CassandraClient,
  declared: DeclaredKeyspace,
  keyspace: string,
): Promise<void> {
  await server.createKeyspace(keyspace, declared.replication)
  for (const path of declared.files) {
    const text = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
    try {
      await server.withKeyspace(keyspace).execute(text)
    } catch (error) {
      if (!(error instanceof OperationFailure) || error.kind !== 'unexpected') throw error
      throw new ArchError(
        `${path} does not run: ${error.message}`,
        'Mend the file, or the tables that were changed by hand.',
        3,
        error,
      )
    }
  }
}

/**
 * Makes the keyspace and its tables where they are not there. Idempotent. What is there otherwise is left to its owner:
 * `keyspaceDifferences` tells it.
 */
export async function provisionKeyspace(
  server: CassandraClient,
  declared: DeclaredKeyspace,
): Promise<StepReport> {
  const { keyspace } = declared
  const before = (await server.withKeyspace(keyspace).describe())?.tables.length ?? 0
  await runFiles(server, declared, keyspace)
  const after = (await server.withKeyspace(keyspace).describe())?.tables.length ?? 0
  if (before === after) return { changed: false, summary: `${keyspace}: all ${after} tables were there` }
  return { changed: true, summary: `${keyspace}: ${after - before} of ${after} tables made` }
}

/**
 * The live schema of a keyspace against its declared one, object by object: replication, tables, columns with their
 * place in the key and their order, options, indexes (MSG-08, MSG-14). The declared one is made by running the files
 * in a scratch keyspace.
 */
export async function keyspaceDifferences(
  server: CassandraClient,
  declared: DeclaredKeyspace,
): Promise<readonly SchemaDifference[]> {
  const { keyspace } = declared
  const live = await server.withKeyspace(keyspace).describe()
  if (live === undefined) return [{ object: `keyspace ${keyspace}`, expected: 'a keyspace', found: ABSENT }]
  const scratch = `${keyspace}_declared_${process.pid}`
  await server.dropKeyspace(scratch)
  try {
    await runFiles(server, declared, scratch)
    const wanted = await server.withKeyspace(scratch).describe()
    return wanted === undefined ? [] : compare(catalogOf(wanted), catalogOf(live))
  } finally {
    await server.dropKeyspace(scratch)
  }
}
