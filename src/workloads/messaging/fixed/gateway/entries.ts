import { encodeFrame } from '../../protocol/frame.ts'
import type { Delivered } from '../../protocol/answers.ts'
import { messageIdOf, messageTimeOf } from '../../ids.ts'
import type { MessageTime } from '../../ids.ts'
import type { Unconfirmed } from './gateway.ts'

/** What an entry of a queue says, once for all devices that it is for. */
export interface MessagePayload {
  readonly kind: 'message'
  readonly from: string
  /** Base64. */
  readonly envelope: string
}

export interface KeyPayload {
  readonly kind: 'key'
  readonly from: string
  readonly identity: string
  readonly conversation: string
  readonly wrapped: string
}

export type Payload = MessagePayload | KeyPayload

/** What an entry is, by its name: `conversation/ms:sequence` of a message, `key/uuid` of a key. */
export type EntryName =
  | { readonly kind: 'message'; readonly conversation: string; readonly message: bigint }
  | { readonly kind: 'key'; readonly key: string }

/** An id as scripts count it. */
export function timeText({ ms, sequence }: MessageTime): string {
  return `${ms}:${sequence}`
}

/** The id of what a script answered. */
export function idOfTime(text: string): bigint {
  const [ms, sequence] = text.split(':').map(Number)
  return messageIdOf({ ms: ms ?? 0, sequence: sequence ?? 0 })
}

/** The name of a message's entry. */
export function messageEntry(conversation: string, message: bigint): string {
  return `${conversation}/${timeText(messageTimeOf(message))}`
}

/** The name of a key's entry. */
export function keyEntry(key: string): string {
  return `key/${key}`
}

/** Which of the receiving devices a device is, of how many. */
export interface Part {
  readonly part: number
  readonly of: number
}

/** Reads "3.12": the third, from 0, of twelve. */
export function parsePart(text: string): Part {
  const [part, of] = text.split('.').map(Number)
  return { part: part ?? 0, of: of ?? 0 }
}

/** Reads an entry's name. */
export function parseEntry(name: string): EntryName {
  const slash = name.indexOf('/')
  const head = name.slice(0, slash)
  const rest = name.slice(slash + 1)
  if (head === 'key') return { kind: 'key', key: rest }
  return { kind: 'message', conversation: head, message: idOfTime(rest) }
}

/** What a device is sent of an entry, and what is remembered until it has taken it. */
export function deliver(
  name: EntryName,
  payload: Payload,
  position: number,
  part: Part,
): { readonly frame: Buffer; readonly unconfirmed: Unconfirmed } {
  if (name.kind === 'message' && payload.kind === 'message') {
    const header: Delivered = {
      type: 'message',
      position,
      conversation: name.conversation,
      message: name.message.toString(),
      from: payload.from,
      ...part,
    }
    return {
      frame: encodeFrame(header, Buffer.from(payload.envelope, 'base64')),
      unconfirmed: { position, conversation: name.conversation, message: name.message, key: undefined },
    }
  }
  if (name.kind === 'key' && payload.kind === 'key') {
    const { conversation, from, identity } = payload
    const header: Delivered = { type: 'key', position, conversation, from, identity }
    return {
      frame: encodeFrame(header, Buffer.from(payload.wrapped, 'base64')),
      unconfirmed: { position, conversation, message: undefined, key: name.key },
    }
  }
  throw new Error(`entry ${JSON.stringify(name)} does not hold what its name says`)
}
