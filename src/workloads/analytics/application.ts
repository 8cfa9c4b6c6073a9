import type { Context } from '../../core/operation.ts'

/** A batch as it comes from an SDK. */
export interface SentBatch {
  /** The SDK's own number of the batch; the same when it sends it again. Decimal. */
  readonly batch: string
  readonly sessionId: string
  /** Encoded events, one a line. */
  readonly body: Buffer
}

/** What the analytics application does, whatever the variant. */
export interface AnalyticsApplication {
  /**
   * Takes a batch of events; when it resolves the events will be found by queries (ANA-10, ANA-11).
   * @throws OperationFailure; the batch may have been taken
   */
  collect(batch: SentBatch, context: Context): Promise<void>
}
