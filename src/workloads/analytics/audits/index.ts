import type { Audit } from '../../../core/audit.ts'
import { addressesBare } from './addresses-bare.ts'
import { asWrittenEventsStored } from './as-written/events-stored.ts'
import { deadLettersExplained } from './dead-letters-explained.ts'
import { eventsStored } from './events-stored.ts'
import { insertsFew } from './inserts-few.ts'
import { hotOffsetsCommitted, offsetsCommitted } from './offsets-committed.ts'
import { hotOffsetsCovered, offsetsCovered } from './offsets-covered.ts'
import { partitionsRange } from './partitions-range.ts'
import { rollupsEqual } from './rollups-equal.ts'
import { sinksReconciled } from './sinks-reconciled.ts'

/** What must hold after a run of the fixed variant (defects.md, B.6). */
export const fixedAudits: readonly Audit[] = [
  eventsStored,
  offsetsCommitted,
  offsetsCovered,
  rollupsEqual,
  deadLettersExplained,
  partitionsRange('fixed'),
  addressesBare('fixed'),
  insertsFew('fixed'),
]

/** The same where dashboards have their own path. */
export const realtimeAudits: readonly Audit[] = [
  ...fixedAudits,
  hotOffsetsCommitted,
  hotOffsetsCovered,
  sinksReconciled,
]

/** The same of the text's own table. */
export const asWrittenAudits: readonly Audit[] = [
  asWrittenEventsStored,
  partitionsRange('as-written'),
  addressesBare('as-written'),
  insertsFew('as-written'),
]
