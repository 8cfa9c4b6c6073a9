import { setTimeout } from 'node:timers/promises'
import { OperationFailure } from '../../../core/errors.ts'
import { openLink } from '../protocol/link.ts'
import type { Link } from '../protocol/link.ts'
import { addressOf } from '../population.ts'
import type { DeviceAddress } from '../population.ts'
import type { TextAnswers, TextMessage } from './requests.ts'
import { OLDEST } from './time-uuid.ts'

/** The text names no way for a message to be delivered: devices ask for it, as often as this (M-17; assumed). */
const POLL_MS = 1_000

/** A device of the text's application: a socket while it has one, and how far it has come in each conversation. */
export interface PollingDevice {
  readonly address: string
  readonly user: bigint
  readonly isOnline: boolean
  /** Connects, and resolves when all that there is has been fetched. @throws OperationFailure */
  arrive(): Promise<void>
  leave(): void
  /** @throws Refusal, OperationFailure */
  ask<Type extends keyof TextAnswers>(
    type: Type,
    header?: object,
    body?: Uint8Array,
  ): Promise<TextAnswers[Type]>
  /** What has come to it in a conversation since this was asked last. */
  takeUnread(conversation: string): readonly string[]
}

/** What a device is made of. */
export interface PollingDeviceParts {
  readonly device: DeviceAddress
  readonly serverPort: () => Promise<number>
  /** Between 0 and 1: when in each second it asks. */
  readonly offset: number
  readonly received: (conversation: string, message: TextMessage, connectedAtMicros: number) => void
}

function nowMicros(): number {
  return Number(process.hrtime.bigint()) / 1e3
}

/** A device that is not connected yet. */
export function newPollingDevice(parts: PollingDeviceParts): PollingDevice {
  const { device, serverPort, offset, received } = parts
  let link: Link | undefined
  let connectedAt = Infinity
  /** Of this stay; undefined while nobody wants it to be here. */
  let stay: object | undefined
  let arriving: Promise<void> | undefined
  /** The newest message of each conversation that it has, and the time at which its inbox had it last. */
  const newest = new Map<string, string>()
  const seen = new Map<string, string>()
  const unread = new Map<string, string[]>()

  function ask<Type extends keyof TextAnswers>(
    type: Type,
    header: object = {},
    body?: Uint8Array,
  ): Promise<TextAnswers[Type]> {
    if (link === undefined)
      return Promise.reject(new OperationFailure('unavailable', 'the device is not connected'))
    // The link carries any question and its answer; which ones there are is each variant's own.
    return link.ask(type as never, header, body) as Promise<unknown> as Promise<TextAnswers[Type]>
  }

  async function connect(): Promise<void> {
    const made: Link = await openLink(await serverPort(), {
      pushed: () => undefined,
      unreadable: (why) => console.error(`${addressOf(device)}: ${why}`),
      closed() {
        if (link !== made) return
        link = undefined
        connectedAt = Infinity
      },
    })
    link = made
    await ask('hello', { user: device.user.toString() })
    connectedAt = nowMicros()
  }

  function take(conversation: string, message: TextMessage): void {
    newest.set(conversation, message.message)
    const waiting = unread.get(conversation)
    if (waiting === undefined) unread.set(conversation, [message.message])
    else waiting.push(message.message)
    received(conversation, message, connectedAt)
  }

  async function fetchNew(conversation: string): Promise<void> {
    let after: string | undefined = newest.get(conversation) ?? OLDEST
    while (after !== undefined) {
      const answer: TextAnswers['messages'] = await ask('messages', { conversation, after })
      for (const message of answer.messages) take(conversation, message)
      after = answer.until
    }
  }

  async function poll(): Promise<void> {
    if (link === undefined) await connect()
    const { conversations } = await ask('changes')
    const lasts = new Map<string, string>()
    // Newest first: where one stands there twice the first is the newer.
    for (const { conversation, last } of conversations)
      if (!lasts.has(conversation)) lasts.set(conversation, last)
    await Promise.all(
      [...lasts].map(async ([conversation, last]) => {
        if (seen.get(conversation) === last) return
        await fetchNew(conversation)
        seen.set(conversation, last)
      }),
    )
  }

  async function keepPolling(mine: object): Promise<void> {
    await setTimeout(offset * POLL_MS, undefined, { ref: false })
    while (stay === mine) {
      const began = performance.now()
      // What this one does not find the next one does, a second later.
      await poll().catch(() => undefined)
      const left = POLL_MS - (performance.now() - began)
      await setTimeout(Math.max(0, left), undefined, { ref: false })
    }
  }

  function leave(): void {
    stay = undefined
    link?.close()
    link = undefined
    connectedAt = Infinity
  }

  async function begin(): Promise<void> {
    const mine = {}
    stay = mine
    try {
      await poll()
    } catch (error) {
      if (stay === mine) leave()
      throw error
    }
    void keepPolling(mine)
  }

  return {
    address: addressOf(device),
    user: device.user,
    get isOnline() {
      return stay !== undefined
    },
    arrive() {
      if (stay !== undefined) return arriving ?? Promise.resolve()
      arriving = begin().finally(() => {
        arriving = undefined
      })
      return arriving
    },
    leave,
    ask,
    takeUnread(conversation) {
      const messages = unread.get(conversation) ?? []
      unread.delete(conversation)
      return messages
    },
  }
}
