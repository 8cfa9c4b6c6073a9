import type { FailureKind } from '../../../core/errors.ts'

/** Why a request was refused: an answer, and not a failure. */
export type RefusalReason =
  | 'malformed'
  | 'forged sender'
  | 'unknown device'
  | 'not a member'
  /** A conversation of two stays one: it is asked to take or lose a member. */
  | 'not a group'
  /** Nobody has registered by that number, or the account is deleted. */
  | 'no such user'
  | 'no such message'
  | 'too large'
  | 'already registered'

/** A device that a message goes to, and what is needed to write to it. */
export interface Addressee {
  readonly address: string
  /** Base64. */
  readonly identity: string
}

/** An answer: `request` is that of the question. */
export type Answer =
  | { readonly type: 'done'; readonly request: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly request: number; readonly reason: RefusalReason }
  | {
      readonly type: 'failed'
      readonly request: number
      readonly kind: FailureKind
      readonly message: string
    }

/** What waits in a device's queue: a message, or a key that another device gives it. */
export type Delivered =
  | {
      readonly type: 'message'
      readonly position: number
      readonly conversation: string
      readonly message: string
      readonly from: string
      /** Which of the message's receiving devices this is, of how many. */
      readonly part: number
      readonly of: number
    }
  | {
      readonly type: 'key'
      readonly position: number
      readonly conversation: string
      readonly from: string
      /** Base64, of the device that gives it. */
      readonly identity: string
    }

/** What is told to whoever is connected, and kept nowhere. */
export type Ephemeral =
  | { readonly type: 'typing'; readonly conversation: string; readonly from: string }
  /** A device of somebody who is in a conversation with this one has come or gone. */
  | { readonly type: 'presence'; readonly from: string; readonly state: 'online' | 'offline' }
  | {
      readonly type: 'receipt'
      readonly conversation: string
      readonly by: string
      readonly state: 'delivered' | 'read'
      readonly message: string
    }

/** What a gateway tells without being asked. The body is the envelope, or the key. */
export type Pushed =
  | Delivered
  /** All that waited when the device came has been sent. */
  | { readonly type: 'drained' }
  | Ephemeral

/** Round trips that an acknowledgement took, by store. */
export type StoreCost = Readonly<Record<'redis' | 'cassandra', number>>

/** What a request is answered, by its type. */
export interface Answers {
  register: { readonly token: string }
  /** Positions count within an epoch: another one begins where Redis was lost. */
  hello: { readonly epoch: string }
  packages: null
  devices: { readonly state: string; readonly devices: readonly Addressee[] }
  /** Base64, in the order of the addresses; an empty text where there is none, the last resort included. */
  claim: { readonly packages: readonly string[] }
  keys: null
  /** `stale`: the conversation has another state, and the message was not taken. */
  send:
    | { readonly message: string; readonly recipients: number; readonly cost: StoreCost }
    | { readonly stale: string }
  read: null
  receipts: {
    readonly receipts: readonly {
      readonly address: string
      readonly delivered: string
      readonly read: string
    }[]
  }
  history: {
    readonly messages: readonly { readonly message: string; readonly from: string; readonly bytes: number }[]
    /** Partitions that were read; none where the server keeps no history, and a device looks into its own (M-18). */
    readonly partitions: number
    /** Whether an identical read that was under way answered it (M-16). */
    readonly isShared: boolean
    /** The gateway that read it. */
    readonly reader: string
  }
  /** What one gateway reads for another one, which has looked at whether its device may see it. */
  page: Answers['history']
  inbox: {
    readonly conversations: readonly {
      readonly conversation: string
      readonly last: string
      readonly unread: number
    }[]
  }
  start: { readonly conversation: string }
  group: { readonly conversation: string }
  add: null
  remove: null
  upload: null
  download: { readonly blob: string }
  forget: null
}
