import { OperationFailure } from '../../../../core/errors.ts'
import { bucketOf } from '../../ids.ts'
import { addressOf } from '../../population.ts'
import type { Answers } from '../../protocol/answers.ts'
import { bucketsFrom } from './buckets.ts'
import { newCoalescer } from './coalesce.ts'
import type { Gateway } from './gateway.ts'
import { lastOf } from './last.ts'
import type { Peers } from './peers.ts'
import { SELECT_PAGE } from './statements.ts'

/** Messages of a page (MSG-13). */
const PAGE = 50

/** Which reads share one answer: none, identical ones of a gateway, or those of all gateways, of which one reads. */
export type Coalescing = 'off' | 'on' | 'routed'

interface PageRow {
  readonly message_id: bigint
  readonly sender_id: bigint
  readonly sender_device: number
  readonly envelope: Uint8Array
}

type Found = Answers['history']
type Stored = Pick<Gateway, 'name' | 'cassandra' | 'redis'>

/** Reads pages of conversations. Whether somebody may see one is looked at before. @throws OperationFailure */
export interface Pages {
  /** The fifty newest messages before an id, or of all. */
  read(conversation: string, before: string | undefined): Promise<Found>
  /** The same, by this gateway, whoever should. */
  readHere(conversation: string, before: string | undefined): Promise<Found>
  close(): void
}

async function readPage(
  stores: Stored,
  conversation: string,
  before: string | undefined,
): Promise<Omit<Found, 'isShared'>> {
  const end = before === undefined ? (await lastOf(stores, conversation)) + 1n : BigInt(before)
  const newest = bucketOf(end)
  const messages: Found['messages'][number][] = []
  let partitions = 0
  const read = async (bucket: number): Promise<void> => {
    partitions += 1
    const rows = await stores.cassandra.query<PageRow>(SELECT_PAGE, [conversation, bucket, end])
    for (const row of rows.slice(0, PAGE - messages.length))
      messages.push({
        message: row.message_id.toString(),
        from: addressOf({ user: row.sender_id, device: row.sender_device }),
        bytes: row.envelope.length,
      })
  }
  await read(newest)
  if (messages.length < PAGE) {
    // Only where the bucket has not enough: the index tells which others there are.
    for await (const bucket of bucketsFrom(stores.cassandra, conversation, newest - 1)) {
      await read(bucket)
      if (messages.length === PAGE) break
    }
  }
  return { messages, partitions, reader: stores.name }
}

/**
 * Pages as a gateway reads them. Identical ones that are under way are one read, in front of hot partitions (M-16, C-21).
 * @param peers the gateways among which conversations are divided; where there are none, each reads what it is asked
 */
export function openPages(stores: Stored, coalescing: Coalescing, peers: Peers | undefined): Pages {
  const reads = newCoalescer()
  const asks = newCoalescer()

  async function readHere(conversation: string, before: string | undefined): Promise<Found> {
    const read = (): Promise<Omit<Found, 'isShared'>> => readPage(stores, conversation, before)
    if (coalescing === 'off') return { ...(await read()), isShared: false }
    const { found, isShared } = await reads.read(`${conversation} ${before ?? ''}`, read)
    return { ...found, isShared }
  }

  /** By the one whose conversation it is; where that does not answer, by this one: a page is read, whoever is gone. */
  async function readThere(
    { ownerOf, page }: Peers,
    conversation: string,
    before: string | undefined,
  ): Promise<Found> {
    const owner = await ownerOf(conversation)
    if (owner === stores.name) return readHere(conversation, before)
    try {
      const { found, isShared } = await asks.read(`${conversation} ${before ?? ''}`, () =>
        page(owner, conversation, before),
      )
      return isShared ? { ...found, isShared } : found
    } catch (error) {
      if (!(error instanceof OperationFailure)) throw error
      return readHere(conversation, before)
    }
  }

  return {
    readHere,
    read: (conversation, before) =>
      peers === undefined ? readHere(conversation, before) : readThere(peers, conversation, before),
    close: () => peers?.close(),
  }
}
