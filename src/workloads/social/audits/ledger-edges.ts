import type { JournalEntry } from '../../../core/journal.ts'
import type { OperationName } from '../../../core/names.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { compareChecksum, countPair } from '../../../patterns/audits/checksum.ts'
import type { Checksum, ChecksumRow } from '../../../patterns/audits/checksum.ts'
import { addViolation, newFindings } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { checkHistory } from '../../../patterns/audits/history.ts'
import type { HistoryOperation } from '../../../patterns/audits/history.ts'
import type { AuditWork } from './social-audit.ts'
import { answeredFlag, askedId, describeWrite, writesOf } from '../../../patterns/audits/writes.ts'

/** A relation of pairs that writes add to and take from: likes of posts and of comments. */
export interface EdgeKind {
  readonly what: string
  readonly add: OperationName
  readonly remove?: OperationName
  /** The journal's key of the thing that is liked. */
  readonly targetKey: string
  inSeed(user: bigint, target: bigint): boolean
  /** The whole relation in the seed. */
  seeded(): Checksum
  /** Of the pairs ($1 users, $2 targets) the places, from 1, of those that are there: `place`. */
  readonly present: Statement
  /** `rows` and `sum` of the whole relation. */
  readonly checksum: Statement
}

interface Edge {
  readonly user: bigint
  readonly target: bigint
  readonly writes: JournalEntry[]
}

const BATCH = 20_000

async function readEdges(work: AuditWork, kind: EdgeKind): Promise<Edge[]> {
  const edges = new Map<string, Edge>()
  const operations = kind.remove === undefined ? [kind.add] : [kind.add, kind.remove]
  for await (const entry of writesOf(work.context.journal, operations)) {
    if (entry.outcome === 'refused') continue
    const user = askedId(entry, 'user')
    const target = askedId(entry, kind.targetKey)
    const key = `${user} ${target}`
    const edge = edges.get(key)
    if (edge === undefined) edges.set(key, { user, target, writes: [entry] })
    else edge.writes.push(entry)
  }
  return [...edges.values()]
}

function operationOf(entry: JournalEntry, kind: EdgeKind): HistoryOperation {
  const adds = entry.operation === kind.add
  const after = adds ? 1 : 0
  return {
    label: describeWrite(entry),
    started: entry.startedMicros,
    finished: entry.outcome === 'unknown' ? undefined : (entry.finishedMicros ?? entry.startedMicros),
    effect: () => after,
    answers: (state) => answeredFlag(entry, adds ? 'created' : 'removed') === (state !== after),
  }
}

function checkEdge(edge: Edge, kind: EdgeKind, before: boolean, now: boolean): string | undefined {
  const history = edge.writes.map((entry) => operationOf(entry, kind))
  const verdict = checkHistory(history, before ? 1 : 0, now ? 1 : 0)
  if (verdict.kind === 'explained') return undefined
  const there = (is: boolean): string => (is ? 'there' : 'not there')
  const writes = verdict.kind === 'violated' ? verdict.core : history
  const lines = writes.map((write) => write.label).join('; ')
  return `${kind.what} of ${edge.target} by ${edge.user}: ${there(before)} before, ${there(now)} now, and ${lines}`
}

/**
 * Every pair that the run touched is there or not as its writes and their answers say, and all others are as in the
 * seed, by count and checksum.
 */
export async function checkEdges(work: AuditWork, kind: EdgeKind): Promise<Findings> {
  const findings = newFindings()
  const expected = kind.seeded()
  const edges = await readEdges(work, kind)
  for (let first = 0; first < edges.length; first += BATCH) {
    const batch = edges.slice(first, first + BATCH)
    const pairs = [batch.map((edge) => edge.user), batch.map((edge) => edge.target)]
    const rows = await work.postgres.query<{ place: bigint }>(kind.present, pairs)
    const present = new Set(rows.map((row) => Number(row.place) - 1))
    for (const [index, edge] of batch.entries()) {
      const before = kind.inSeed(edge.user, edge.target)
      const now = present.has(index)
      if (before) countPair(expected, edge.user, edge.target, -1)
      if (now) countPair(expected, edge.user, edge.target, 1)
      findings.checked += edge.writes.length
      const wrong = checkEdge(edge, kind, before, now)
      if (wrong !== undefined) addViolation(findings, wrong)
    }
  }
  const [row] = await work.postgres.query<ChecksumRow>(kind.checksum)
  findings.checked += 1
  const wrong = compareChecksum(`${kind.what}, beside what the run asked for`, expected, row)
  if (wrong !== undefined) addViolation(findings, wrong)
  return findings
}
