import { messageIdOf } from '../../ids.ts'
import { isPairId, pairId } from '../../population.ts'
import type { Answers } from '../../protocol/answers.ts'
import type { RequestOf } from '../../protocol/requests.ts'
import type { Gateway, Session } from './gateway.ts'
import { newestOf } from './buckets.ts'
import { Refused } from './refused.ts'
import { requireUsers } from './users.ts'
import {
  DELETE_INBOX,
  DELETE_MEMBER,
  INSERT_CONVERSATION,
  INSERT_INBOX,
  INSERT_LATER_MEMBER,
  INSERT_MEMBER,
  SELECT_CONVERSATION,
} from './statements.ts'

/** Members of a group at most. */
const MOST_MEMBERS = 10_000

async function join(
  { cassandra, now }: Gateway,
  conversation: string,
  users: readonly bigint[],
): Promise<void> {
  const joinedAt = new Date(now())
  await cassandra.writeAll(
    INSERT_MEMBER,
    users.map((user) => [conversation, user, joinedAt]),
  )
  await cassandra.writeAll(
    INSERT_INBOX,
    users.map((user) => [user, conversation]),
  )
}

/** Members come before the conversation: one that is found is whole, and one that was begun half is begun again. */
async function begin(
  gateway: Gateway,
  conversation: string,
  kind: 'pair' | 'group',
  users: readonly bigint[],
): Promise<void> {
  await join(gateway, conversation, users)
  await gateway.cassandra.query(INSERT_CONVERSATION, [conversation, kind, new Date(gateway.now())])
  await gateway.memberships.changed(conversation)
}

/**
 * Begins the conversation of two users, or finds it: it has one id, whoever begins it (M-22).
 * @throws Refused where there is no such user; OperationFailure
 */
export async function startConversation(
  gateway: Gateway,
  { device: { user } }: Session,
  other: bigint,
): Promise<Answers['start']> {
  const conversation = pairId(user, other)
  const found = await gateway.cassandra.query(SELECT_CONVERSATION, [conversation])
  // An account that was deleted has left it, and may have come anew.
  const { users } = await gateway.memberships.of(conversation)
  if (found.length > 0 && users.has(user) && users.has(other)) return { conversation }
  await requireUsers(gateway, [other])
  await begin(gateway, conversation, 'pair', [user, other])
  return { conversation }
}

/**
 * Makes a group; the key that its maker gave it is its id, so that asking twice makes one. That of a conversation of two
 * is not for groups: its maker would hear them, or keep them from each other. @throws Refused, OperationFailure
 */
export async function createGroup(
  gateway: Gateway,
  { device }: Session,
  { key, users }: RequestOf<'group'>,
): Promise<Answers['group']> {
  if (isPairId(key)) throw new Refused('malformed')
  const members = [...new Set([device.user, ...users.map(BigInt)])]
  if (members.length > MOST_MEMBERS) throw new Refused('too large')
  const found = await gateway.cassandra.query(SELECT_CONVERSATION, [key])
  if (found.length > 0) return { conversation: key }
  await requireUsers(gateway, members)
  await begin(gateway, key, 'group', members)
  return { conversation: key }
}

/** The members of a group that may change, by one of them: a conversation of two has the two, whatever one of them asks. */
async function requireGroup(
  gateway: Gateway,
  session: Session,
  conversation: string,
): Promise<ReadonlySet<bigint>> {
  const { users } = await gateway.memberships.of(conversation)
  if (!users.has(session.device.user)) throw new Refused('not a member')
  if (isPairId(conversation)) throw new Refused('not a group')
  return users
}

/** Clocks of gateways may differ by half of it. */
const APART_MS = 1_000

/**
 * Users join a conversation in which something may have been said. They are members before the state changes, and up to which
 * message nothing is theirs is known once it has: until then it is a moment before which certainly nothing is.
 */
async function joinLater(gateway: Gateway, conversation: string, users: readonly bigint[]): Promise<void> {
  const { cassandra, memberships, now } = gateway
  const joinedAt = new Date(now())
  const joinAfter = (after: bigint): Promise<number> =>
    cassandra.writeAll(
      INSERT_LATER_MEMBER,
      users.map((user) => [conversation, user, joinedAt, after]),
    )
  await joinAfter(messageIdOf({ ms: now() - APART_MS, sequence: 0 }))
  await cassandra.writeAll(
    INSERT_INBOX,
    users.map((user) => [user, conversation]),
  )
  // Where Redis does not know the last one, nothing has been taken since it was lost.
  const stored = await newestOf(gateway, conversation)
  const last = await memberships.changed(conversation)
  await joinAfter(last ?? stored ?? 0n)
}

/** A member adds others, who get what is sent from then on. @throws Refused, OperationFailure */
export async function addMembers(
  gateway: Gateway,
  session: Session,
  { conversation, users }: RequestOf<'add'>,
): Promise<Answers['add']> {
  const members = await requireGroup(gateway, session, conversation)
  const added = [...new Set(users.map(BigInt))].filter((user) => !members.has(user))
  if (members.size + added.length > MOST_MEMBERS) throw new Refused('too large')
  await requireUsers(gateway, added)
  await joinLater(gateway, conversation, added)
  return null
}

/**
 * A member removes one, or itself: from the next state on nobody sends to it any more. What it could read it still can;
 * those who write make a new key, which it is not given (M-26). @throws Refused, OperationFailure
 */
export async function removeMember(
  gateway: Gateway,
  session: Session,
  { conversation, user }: RequestOf<'remove'>,
): Promise<Answers['remove']> {
  await requireGroup(gateway, session, conversation)
  const { cassandra } = gateway
  await cassandra.query(DELETE_MEMBER, [conversation, BigInt(user)])
  await cassandra.query(DELETE_INBOX, [BigInt(user), conversation])
  await gateway.memberships.changed(conversation)
  return null
}
