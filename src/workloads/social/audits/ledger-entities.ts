import type { JournalEntry } from '../../../core/journal.ts'
import type { OperationName } from '../../../core/names.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { addViolation, newFindings } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import type { AuditWork } from './social-audit.ts'
import { answeredId, writesOf } from '../../../patterns/audits/writes.ts'

/** Rows that the application makes with ids of its own: posts, comments, users. */
export interface EntityKind {
  readonly what: string
  readonly operations: readonly OperationName[]
  /** The key of the journal's result that holds the new id. */
  readonly resultKey: string
  /** Who asked for it, as text that the row holds too. */
  owner(entry: JournalEntry): string
  /** Rows after id $1, ascending, at most $2: `id`, `owner`, `gone`. */
  readonly rows: Statement
}

/** What the journal knows of deletions of one kind: ids that must be gone, and ids that may be. */
export interface Deletions {
  readonly certain: ReadonlySet<bigint>
  readonly possible: ReadonlySet<bigint>
}

interface EntityRow {
  readonly id: bigint
  readonly owner: string
  readonly gone: boolean
}

interface Asked {
  /** Owner by acknowledged id. */
  readonly acknowledged: Map<bigint, string>
  /** Writes without an answer by owner: each may have made one row. */
  readonly unanswered: Map<string, number>
}

const PAGE = 20_000

async function readAsked(work: AuditWork, kind: EntityKind, findings: Findings): Promise<Asked> {
  const asked: Asked = { acknowledged: new Map(), unanswered: new Map() }
  for await (const entry of writesOf(work.context.journal, kind.operations)) {
    const owner = kind.owner(entry)
    if (entry.outcome === 'unknown') asked.unanswered.set(owner, (asked.unanswered.get(owner) ?? 0) + 1)
    if (entry.outcome !== 'ok') continue
    const id = answeredId(entry, kind.resultKey)
    findings.checked += 1
    if (asked.acknowledged.has(id)) addViolation(findings, `${kind.what} ${id}: acknowledged twice`)
    asked.acknowledged.set(id, owner)
  }
  return asked
}

function checkRow(row: EntityRow, kind: EntityKind, asked: Asked, deletions: Deletions): string | undefined {
  const owner = asked.acknowledged.get(row.id)
  const what = `${kind.what} ${row.id} of ${row.owner}`
  if (owner === undefined) {
    const open = asked.unanswered.get(row.owner) ?? 0
    if (open === 0) return `${what}: nobody asked for it`
    asked.unanswered.set(row.owner, open - 1)
    return undefined
  }
  asked.acknowledged.delete(row.id)
  if (owner !== row.owner) return `${what}: it was acknowledged to ${owner}`
  if (row.gone && !deletions.certain.has(row.id) && !deletions.possible.has(row.id))
    return `${what}: deleted, and nobody asked for that`
  if (!row.gone && deletions.certain.has(row.id))
    return `${what}: its deletion was acknowledged, and it is there`
  return undefined
}

/**
 * Every acknowledged row is there once and belongs to whoever asked; one without an answer is there 0 or 1 times; a
 * deleted one is gone; no other row is newer than the seed. Streams the rows by keyset.
 */
export async function checkEntities(
  work: AuditWork,
  kind: EntityKind,
  seedEnd: bigint,
  deletions: Deletions,
): Promise<Findings> {
  const findings = newFindings()
  const asked = await readAsked(work, kind, findings)
  let after = seedEnd - 1n
  for (;;) {
    const rows = await work.postgres.query<EntityRow>(kind.rows, [after, PAGE])
    for (const row of rows) {
      const wrong = checkRow(row, kind, asked, deletions)
      if (wrong !== undefined) addViolation(findings, wrong)
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) break
    after = last.id
  }
  for (const [id, owner] of asked.acknowledged) {
    if (!deletions.certain.has(id) && !deletions.possible.has(id))
      addViolation(findings, `${kind.what} ${id} of ${owner}: acknowledged, and not there`)
  }
  return findings
}
