import type { Answers } from '../../protocol/answers.ts'
import type { Gateway, Session } from './gateway.ts'
import { Refused } from './refused.ts'

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
  // Devices have theirs: the server keeps none (M-18).
  if (gateway.forwardsOnly) return { messages: [], partitions: 0, isShared: false, reader: gateway.name }
  return gateway.pages.read(conversation, before)
}
