import type { OperationFailure } from '../../core/errors.ts'

/** A message on its way to one partition: what every driver sends. */
export interface Outgoing {
  readonly topic: string
  readonly partition: number
  readonly value: Buffer
  readonly key?: Buffer
  readonly headers?: Map<Buffer, Buffer>
}

/** A driver's way to the server, as far as producing needs it. */
export interface Transport {
  /** Resolves when all replicas in sync have the messages, which are of one topic. @throws the driver's error */
  send(messages: readonly Outgoing[]): Promise<void>
  /** What it knows of who leads which partition may be wrong. */
  forget(): void
  /** Whether the same request may succeed later. */
  isTransient(error: unknown): boolean
  classify(error: unknown): OperationFailure
  close(): Promise<void>
}
