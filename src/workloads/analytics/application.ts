import type { Context } from '../../core/operation.ts'
import type { DashboardName } from './model.ts'

/** A batch as it comes from an SDK. */
export interface SentBatch {
  /** The SDK's own number of the batch; the same when it sends it again. Decimal. */
  readonly batch: string
  readonly sessionId: string
  /** Encoded events, one a line. */
  readonly body: Buffer
}

/** A row of a dashboard's answer. */
export type DashboardRow = Readonly<Record<string, string | number>>

/** What the analytics application does, whatever the variant. */
export interface AnalyticsApplication {
  /**
   * Takes a batch of events; when it resolves the events will be found by queries (ANA-10, ANA-11).
   * @throws OperationFailure; the batch may have been taken
   */
  collect(batch: SentBatch, context: Context): Promise<void>
}

/** What it does beside that where there is a real-time path. */
export interface RealtimeApplication extends AnalyticsApplication {
  /** Answers a dashboard's query from the rollups of the last hour (ANA-15). @throws OperationFailure */
  ask(dashboard: DashboardName, context: Context): Promise<readonly DashboardRow[]>
}
