import type { JournalEntry } from '../../../core/journal.ts'
import type { VariantName } from '../../../core/names.ts'
import type { Audit, AuditContext } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { partsOf } from '../../../patterns/audits/scan.ts'
import { inSnapshot } from '../../../patterns/audits/snapshot-audit.ts'
import { describeWrite, writesOf } from '../../../patterns/audits/writes.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import { commerceStores } from '../stores.ts'

/** Refusals that are looked at. */
const SAMPLE = 5_000
const PART = 500
/** A ledger row is written a little before its transaction commits, and is seen a little after. */
const SLACK_MICROS = 250_000

// What the ledger says could be ordered of a product: at the beginning of the moment, and the least within it.
export const LEAST_FIXED: Statement = {
  name: 'audit refusals least',
  text: `SELECT w.place::integer AS place,
  (SELECT bool_or(p.version > 1) FROM product_directory d
    JOIN products p ON p.category_id = d.category_id AND p.product_id = d.product_id WHERE d.product_id = w.product) AS changed,
  (SELECT min(l.units) FROM (
    SELECT l.created_at, sum(l.delta_available) OVER (ORDER BY l.created_at, l.transaction_id) AS units,
      lead(l.created_at, 1, 'infinity') OVER (ORDER BY l.created_at, l.transaction_id) AS until
    FROM inventory i JOIN inventory_transactions l ON l.shard = i.shard AND l.inventory_id = i.inventory_id
    WHERE i.product_id = w.product) l
  WHERE l.created_at <= to_timestamp(w.upto) AND l.until >= to_timestamp(w.since))::integer AS least
FROM unnest($1::bigint[], $2::float8[], $3::float8[]) WITH ORDINALITY AS w(product, since, upto, place)`,
}

// The text's ledger says when a transaction began, which is before anybody saw what it took: what is found to be there was.
const LEAST_AS_WRITTEN: Statement = {
  name: 'audit refusals least as written',
  text: `SELECT w.place::integer AS place,
  (SELECT bool_or(p.updated_at > p.created_at) FROM products p WHERE p.product_id = w.product) AS changed,
  (SELECT min(l.units) FROM (
    SELECT l.created_at, sum(l.quantity_change) OVER (ORDER BY l.created_at, l.transaction_id) AS units,
      lead(l.created_at, 1, 'infinity') OVER (ORDER BY l.created_at, l.transaction_id) AS until
    FROM inventory i JOIN inventory_transactions l USING (inventory_id)
    WHERE i.product_id = w.product) l
  WHERE l.created_at <= to_timestamp(w.upto) AND l.until >= to_timestamp(w.since))::integer AS least
FROM unnest($1::bigint[], $2::float8[], $3::float8[]) WITH ORDINALITY AS w(product, since, upto, place)`,
}

interface LeastRow {
  readonly place: number
  readonly changed: boolean | null
  readonly least: number | null
}

interface Line {
  readonly entry: JournalEntry
  readonly product: string
  readonly units: number
}

/** Microseconds from the journal's clock to 1970: both are this machine's. */
function epochMicros(): number {
  return Date.now() * 1_000 - Number(process.hrtime.bigint() / 1_000n)
}

function linesOf(entry: JournalEntry): readonly Line[] {
  return String(entry.keys['lines'])
    .split(' ')
    .map((line) => {
      const [product = '0', units = '0'] = line.split('x')
      return { entry, product, units: Number(units) }
    })
}

interface Orders {
  /** All that were asked for. */
  readonly asked: number
  /** Refused ones, those apart whose key was asked with more than once: one of them may have been in progress. */
  readonly refused: readonly JournalEntry[]
}

async function readOrders(context: AuditContext): Promise<Orders> {
  const refused = new Map<string, JournalEntry>()
  const times = new Map<string, number>()
  let asked = 0
  for await (const entry of writesOf(context.journal, ['order.place'])) {
    asked += 1
    const name = `${entry.keys['customer']} ${entry.keys['key']}`
    times.set(name, (times.get(name) ?? 0) + 1)
    if (entry.outcome === 'refused' && refused.size < SAMPLE) refused.set(name, entry)
  }
  return { asked, refused: [...refused].filter(([name]) => times.get(name) === 1).map(([, entry]) => entry) }
}

async function proven(
  queries: PostgresQueries,
  least: Statement,
  lines: readonly Line[],
): Promise<ReadonlySet<JournalEntry>> {
  const right = new Set<JournalEntry>()
  const clock = epochMicros()
  for (const part of partsOf(lines, PART)) {
    const rows = await queries.query<LeastRow>(least, [
      part.map(({ product }) => product),
      part.map(({ entry }) => (clock + entry.startedMicros - SLACK_MICROS) / 1e6),
      part.map(({ entry }) => (clock + (entry.finishedMicros ?? entry.startedMicros) + SLACK_MICROS) / 1e6),
    ])
    for (const { place, changed, least } of rows) {
      const line = part[place - 1]
      // A product that changed in the run may have been seen at its old price, or been taken off sale.
      if (line !== undefined && (changed === true || least === null || least < line.units))
        right.add(line.entry)
    }
  }
  return right
}

function refusalsAudit(variant: VariantName, least: Statement): Audit {
  return {
    name: 'refusals.right',
    claims: ['ECM-65'],
    defects: ['E-15', 'E-31'],
    run(context) {
      return inSnapshot(commerceStores(context.stores, variant).postgres, async (queries) => {
        const findings = newFindings()
        const { asked, refused } = await readOrders(context)
        const right = await proven(queries, least, refused.flatMap(linesOf))
        findings.checked = asked
        for (const entry of refused) {
          if (!right.has(entry)) addViolation(findings, `${describeWrite(entry)}: refused without a reason`)
        }
        return outcomeOf(findings, `${refused.length} refusals`)
      })
    },
  }
}

/**
 * A refused order had a reason: the ledger shows a moment, between its asking and its answer, at which a product had fewer
 * units than it asked for; or a product had changed since it was seen (ECM-65).
 */
export const refusalsRight: Audit = refusalsAudit('fixed', LEAST_FIXED)

/** The same of the text's orders, which one warehouse must fill (E-15). */
export const refusalsRightAsWritten: Audit = refusalsAudit('as-written', LEAST_AS_WRITTEN)
