import { z } from 'zod'
import { id, uuid } from './requests.ts'

/** What one gateway asks of another one: a page of a conversation that the other one reads (M-16). */
export interface PeerRequest {
  readonly type: 'page'
  /** Comes back with the answer. */
  readonly request: number
  readonly conversation: string
  readonly before?: string | undefined
}

/** The same as it comes in. */
export const peerRequestSchema: z.ZodType<PeerRequest> = z.strictObject({
  type: z.literal('page'),
  request: z.int().min(0),
  conversation: uuid,
  before: id.optional(),
})
