import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import type { JournalEntry, JournalReader } from '../../../core/journal.ts'
import { addViolation, newFindings } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { askedId, writesOf } from '../../../patterns/audits/writes.ts'

const FINAL: Statement = {
  name: 'audit profile versions',
  text: `SELECT user_id, version, username FROM unnest($1::bigint[]) AS asked (user_id)
    JOIN users u USING (user_id) WHERE u.shard = shard_of(asked.user_id)`,
}

interface FinalRow {
  readonly user_id: bigint
  readonly version: number
  readonly username: string
}

interface Updates {
  /** The update by the version that it was acknowledged with. */
  readonly byVersion: Map<number, JournalEntry>
  unanswered: number
}

async function readUpdates(journal: JournalReader, findings: Findings): Promise<Map<bigint, Updates>> {
  const users = new Map<bigint, Updates>()
  for await (const entry of writesOf(journal, ['profile.update'])) {
    if (entry.outcome === 'refused') continue
    const user = askedId(entry, 'user')
    const updates = users.get(user) ?? { byVersion: new Map<number, JournalEntry>(), unanswered: 0 }
    users.set(user, updates)
    findings.checked += 1
    if (entry.outcome === 'unknown') {
      updates.unanswered += 1
      continue
    }
    const version = Number(entry.result['version'])
    if (updates.byVersion.has(version))
      addViolation(findings, `user ${user}: two updates made version ${version}`)
    updates.byVersion.set(version, entry)
  }
  return users
}

/** The name after all updates, where the journal knows it. */
function lastName(updates: Updates): string | undefined {
  if (updates.unanswered > 0) return undefined
  const named = [...updates.byVersion].filter(([, entry]) => entry.keys['username'] !== undefined)
  named.sort(([one], [other]) => other - one)
  const name = named[0]?.[1].keys['username']
  return name === undefined ? undefined : String(name)
}

/** Every acknowledged update of a profile happened once: its versions are counted without gap, and the last name holds. */
export async function checkProfiles(postgres: PostgresQueries, journal: JournalReader): Promise<Findings> {
  const findings = newFindings()
  const users = await readUpdates(journal, findings)
  const rows = await postgres.query<FinalRow>(FINAL, [[...users.keys()]])
  const finals = new Map(rows.map((row) => [row.user_id, row]))
  for (const [user, updates] of users) {
    const row = finals.get(user)
    // The seed's row is version 1, and each update adds one.
    const least = 1 + updates.byVersion.size
    const most = least + updates.unanswered
    const version = row?.version ?? 0
    if (version < least || version > most)
      addViolation(findings, `user ${user}: version ${version} after ${least - 1} acknowledged updates`)
    const name = lastName(updates)
    if (name !== undefined && row?.username !== name)
      addViolation(
        findings,
        `user ${user}: called ${row?.username}, the last acknowledged update said ${name}`,
      )
  }
  return findings
}
