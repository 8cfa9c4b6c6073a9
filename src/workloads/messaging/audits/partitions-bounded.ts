import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { bucketOf } from '../ids.ts'
import { messagingStores } from '../stores.ts'
import { allRows } from '../rows.ts'

const MESSAGES = {
  text: 'SELECT conversation_id, bucket, message_id, envelope FROM messages',
  idempotent: true,
} as const
/** What a partition may have. */
interface PartitionBounds {
  readonly bytes: number
  readonly rows: number
}

/** What the designers of Cassandra advise against exceeding (M-01). */
const BOUNDS: PartitionBounds = { bytes: 100 * 2 ** 20, rows: 100_000 }
/** Of a row beside its envelope: ids and the store's own. */
const ROW_BYTES = 60

interface MessageRow {
  readonly conversation_id: string
  readonly bucket: number
  readonly message_id: bigint
  readonly envelope: Uint8Array
}

/** No partition of the log is larger, or has more rows, than `bounds`, and each message is in the bucket that its id names. */
export const partitionsWithin = (bounds: PartitionBounds): Audit => ({
  name: 'partitions.bounded',
  claims: ['MSG-13'],
  defects: ['M-01'],
  async run({ stores }) {
    const { cassandra } = messagingStores(stores, 'fixed')
    const sizes = new Map<string, { rows: number; bytes: number }>()
    const findings = newFindings()
    for await (const row of allRows<MessageRow>(cassandra, MESSAGES)) {
      const { conversation_id: conversation, bucket, message_id: message, envelope } = row
      if (bucket !== bucketOf(message))
        addViolation(
          findings,
          `message ${message} of ${conversation} is in ${bucket}, where nobody looks for it`,
        )
      const name = `${conversation} ${bucket}`
      const size = sizes.get(name) ?? { rows: 0, bytes: 0 }
      size.rows += 1
      size.bytes += envelope.length + ROW_BYTES
      sizes.set(name, size)
    }
    let largest = { rows: 0, bytes: 0 }
    for (const [name, size] of sizes) {
      findings.checked += 1
      if (size.bytes > largest.bytes) largest = size
      if (size.bytes > bounds.bytes || size.rows > bounds.rows)
        addViolation(findings, `partition ${name} has ${size.rows} rows and ${size.bytes} bytes`)
    }
    return outcomeOf(findings, `the largest has ${largest.rows} messages and ${largest.bytes} bytes`)
  },
})

/** No partition of the log is larger than 100 MB, or has more than 100,000 rows (M-01). */
export const partitionsBounded: Audit = partitionsWithin(BOUNDS)
