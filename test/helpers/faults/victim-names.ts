// What a test and the process that it kills say to each other.
import type { StoreEndpoint } from '../../../src/core/store.ts'
import type { PlacedOrder } from '../../../src/workloads/commerce/application.ts'
import type { Victim } from './victims.ts'

/** The name of its connections. */
export const VICTIM = 'arch test victim'
/** What the parent sends. */
export interface VictimOrder {
  readonly endpoints: readonly StoreEndpoint[]
  readonly strategy: string
  readonly victims: readonly Victim[]
}

/** What it hears: where an order has come to, and what was answered. */
export interface VictimNews {
  readonly point: string
  readonly placed?: PlacedOrder
}
