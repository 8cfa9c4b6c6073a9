import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { TOMBSTONES_READ } from '../fixed/tombstones.ts'

/** A tenth of what Cassandra warns of, and a thousandth of what it refuses to read. */
const MOST = 100
/** What is read newest first, and what is emptied. Of the others it is said. */
const JUDGED: ReadonlySet<string> = new Set([
  'messages',
  'conversation_buckets',
  'device_queue',
  'device_queue_names',
  'device_queue_buckets',
])

/**
 * No read of the log or of a queue met more than a hundred tombstones in the run, by Cassandra's own count: what is deleted is
 * deleted by ranges and partitions, and null is never written (M-08, M-15).
 */
export const tombstonesBounded: Audit = {
  name: 'tombstones.bounded',
  claims: ['MSG-06', 'MSG-13'],
  defects: ['M-08', 'M-15'],
  async run({ journal }) {
    const most = new Map<string, number>()
    for await (const { keys } of journal.entries(TOMBSTONES_READ)) {
      const table = String(keys['table'])
      most.set(table, Math.max(most.get(table) ?? 0, Number(keys['most'])))
    }
    const findings = newFindings()
    const others: string[] = []
    for (const [table, met] of most) {
      if (!JUDGED.has(table)) {
        if (met > 1) others.push(`${met} of ${table}`)
        continue
      }
      findings.checked += 1
      if (met > MOST)
        addViolation(findings, `a read of ${table} met ${met} tombstones, where ${MOST} are the most`)
    }
    const judged = [...most].filter(([table]) => JUDGED.has(table)).map(([, met]) => met)
    const more = others.length === 0 ? '' : `; not judged: ${others.join(', ')}`
    return outcomeOf(findings, `a read met ${Math.max(0, ...judged)} at most${more}`)
  },
}
