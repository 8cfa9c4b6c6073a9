import { countRoundTrip } from '../../core/cost.ts'
import type { Cost } from '../../core/cost.ts'
import type { RedisCommand, RedisReply } from './client.ts'
import type { Scripts } from './scripts.ts'
import { classify, isUnknownScript } from './send.ts'
import type { Send } from './send.ts'

function itemsOf(reply: RedisReply): number {
  return Array.isArray(reply) ? reply.length : reply === null ? 0 : 1
}

function charactersOf(reply: RedisReply | RedisCommand): number {
  if (typeof reply === 'string') return reply.length
  if (!Array.isArray(reply)) return 8
  let sum = 0
  for (const item of reply as readonly RedisReply[]) sum += charactersOf(item)
  return sum
}

function count(cost: Cost, commands: readonly RedisCommand[], replies: readonly RedisReply[]): void {
  let rows = 0
  let bytes = 0
  for (const reply of replies) {
    rows += itemsOf(reply)
    bytes += charactersOf(reply)
  }
  for (const command of commands) bytes += charactersOf(command)
  countRoundTrip(cost, 'redis', commands.length, rows, bytes)
}

/** A digest that the server has forgotten is sent again as text, which loads it: one more round trip, counted. */
async function sendCall(
  send: Send,
  scripts: Scripts,
  command: RedisCommand,
  cost: Cost | undefined,
): Promise<RedisReply> {
  try {
    return await send(command)
  } catch (error) {
    const text = isUnknownScript(error) ? scripts.byText(command) : undefined
    if (text === undefined) throw error
    const reply = await send(text)
    if (cost !== undefined) count(cost, [text], [reply])
    return reply
  }
}

/**
 * Writes the commands together; replies in order. Bytes are counted by characters, numbers as 8.
 * @throws OperationFailure `unavailable` when the server could not be asked; the first error reply otherwise
 */
export async function sendWave(
  send: Send,
  scripts: Scripts,
  commands: readonly RedisCommand[],
  cost: Cost | undefined,
): Promise<RedisReply[]> {
  if (commands.length === 0) return []
  const sent: Promise<RedisReply>[] = []
  for (const command of commands) {
    if (command[0] !== 'evalsha') {
      sent.push(send(command))
      continue
    }
    const text = scripts.toLoad(command)
    // Whatever goes wrong with loading shows in the call itself.
    if (text !== undefined) send(['script', 'LOAD', text]).catch(() => undefined)
    sent.push(sendCall(send, scripts, command, cost))
  }
  try {
    const replies = await Promise.all(sent)
    if (cost !== undefined) count(cost, commands, replies)
    return replies
  } catch (error) {
    throw classify(error)
  }
}
