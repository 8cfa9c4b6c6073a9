import { bucketOf } from '../../ids.ts'
import { addressOf } from '../../population.ts'
import type { Answers } from '../../protocol/answers.ts'
import { bucketsFrom } from './buckets.ts'
import type { Gateway, Session } from './gateway.ts'
import { lastOf } from './last.ts'
import { Refused } from './refused.ts'
import { SELECT_PAGE } from './statements.ts'

/** Messages of a page (MSG-13). */
const PAGE = 50

interface PageRow {
  readonly message_id: bigint
  readonly sender_id: bigint
  readonly sender_device: number
  readonly envelope: Uint8Array
}

type Page = Omit<Answers['history'], 'isShared'>

async function readPage(gateway: Gateway, conversation: string, before: bigint | undefined): Promise<Page> {
  const end = before ?? (await lastOf(gateway, conversation)) + 1n
  const newest = bucketOf(end)
  const messages: Page['messages'][number][] = []
  let partitions = 0
  const read = async (bucket: number): Promise<void> => {
    partitions += 1
    const rows = await gateway.cassandra.query<PageRow>(SELECT_PAGE, [conversation, bucket, end])
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
    for await (const bucket of bucketsFrom(gateway.cassandra, conversation, newest - 1)) {
      await read(bucket)
      if (messages.length === PAGE) break
    }
  }
  return { messages, partitions }
}

/**
 * The fifty newest messages before an id, from one partition where it holds as many (MSG-13, MSG-24).
 * @throws Refused, OperationFailure
 */
export async function historyPage(
  gateway: Gateway,
  session: Session,
  conversation: string,
  before: string | undefined,
): Promise<Answers['history']> {
  const { users } = await gateway.memberships.of(conversation)
  if (!users.has(session.device.user)) throw new Refused('not a member')
  const read = (): Promise<Page> =>
    readPage(gateway, conversation, before === undefined ? undefined : BigInt(before))
  // Devices have theirs: the server keeps none (M-18).
  if (gateway.forwardsOnly) return { messages: [], partitions: 0, isShared: false }
  if (gateway.reads === undefined) return { ...(await read()), isShared: false }
  const { found, isShared } = await gateway.reads.read(`${conversation} ${before ?? ''}`, read)
  return { ...found, isShared }
}
