import type { Audit } from '../../../core/workload.ts'
import { deadLettersExplained } from './dead-letters-explained.ts'
import { eventsStored } from './events-stored.ts'
import { offsetsCommitted } from './offsets-committed.ts'
import { partitionsRange } from './partitions-range.ts'
import { rollupsEqual } from './rollups-equal.ts'

/** What must hold after a run of the fixed variant (defects.md, B.6). */
export const fixedAudits: readonly Audit[] = [
  eventsStored,
  offsetsCommitted,
  rollupsEqual,
  deadLettersExplained,
  partitionsRange,
]
