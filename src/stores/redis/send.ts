import { Command } from 'ioredis'
import type { Redis } from 'ioredis'
import { OperationFailure } from '../../core/errors.ts'
import type { RedisCommand, RedisReply } from './client.ts'

const AS_TEXT = { replyEncoding: 'utf8' } as const
/** Replies of a server that is there and cannot serve. */
const NOT_NOW = /^(LOADING|MASTERDOWN|CLUSTERDOWN|READONLY|TRYAGAIN|BUSY|OOM|MISCONF)\b/
/** How the driver says that there is no connection. */
const NOT_CONNECTED = /max retries per request|isn't writeable|Connection is closed/

function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

/** Sends commands so that all of one turn of the event loop leave in one write. */
export type Send = (command: RedisCommand) => Promise<RedisReply>

/**
 * What the driver threw, as an `OperationFailure` where the store could not be asked; an error reply to the command
 * itself comes back as it is.
 */
export function classify(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (isReplyError(error) && !NOT_NOW.test(error.message)) return error
  const message = NOT_CONNECTED.test(error.message) ? 'the connection is lost' : error.message
  return new OperationFailure('unavailable', `redis: ${message}`, error)
}

/** True when the server does not know a script's digest. */
export function isUnknownScript(error: unknown): boolean {
  return isReplyError(error) && error.message.startsWith('NOSCRIPT')
}

/**
 * A sender over one connection. The socket is corked until the event loop has handled what was ready, so that waves of
 * many operations share a system call: it wakes the server, and is the dearest part of a wave. The driver's own
 * pipelines write one by one and cost about twice the CPU.
 */
export function senderOver(redis: Redis): Send {
  let corked = false
  return (command) => {
    if (!corked) {
      corked = true
      const { stream } = redis
      stream.cork()
      setImmediate(() => {
        corked = false
        stream.uncork()
      })
    }
    const [name, ...values] = command
    // The driver reshapes replies (HGETALL to an object) by lower-case name; the contract is the plain reply.
    const sent = new Command(name.toUpperCase(), values, AS_TEXT)
    return redis.sendCommand(sent) as Promise<RedisReply>
  }
}
