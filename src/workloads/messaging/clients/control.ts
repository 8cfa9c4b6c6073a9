import type { FailureKind } from '../../../core/errors.ts'
import type { StoreCost } from '../protocol/answers.ts'
import type { MessageKind } from './plaintext.ts'

/** Key of Redis: where the devices' process listens, and the secret that it asks for. */
export const CLIENTS = 'clients'

interface WithDevice {
  readonly device: string
}

/** A message that was said on the way. */
export interface SentAnswer {
  readonly message: string
  readonly recipients: number
}

/** Two, and between them the members changed. */
export interface ChangedAnswer extends SentAnswer {
  readonly messageBefore: string
}

interface ChangeAsk extends WithDevice {
  readonly group: string
  /** Members at first. */
  readonly users: readonly string[]
  readonly user: string
  readonly before: string
  readonly key: string
}

interface Commands {
  'message.send': {
    readonly ask: WithDevice & {
      readonly conversation: string
      readonly key: string
      readonly kind: MessageKind
      readonly mediaBytes: number
      readonly repeats: boolean
    }
    readonly answer: SentAnswer & { readonly again: string | undefined; readonly cost?: StoreCost }
  }
  'message.read': { readonly ask: WithDevice & { readonly conversation: string }; readonly answer: null }
  'history.page': {
    readonly ask: WithDevice & { readonly conversation: string }
    readonly answer: {
      readonly messages: readonly string[]
      readonly partitions: number
      /** Whether an identical read that was under way answered it; absent where there is no such thing. */
      readonly isShared?: boolean
    }
  }
  'inbox.list': {
    readonly ask: WithDevice
    readonly answer: readonly {
      readonly conversation: string
      readonly last: string
      readonly unread: number
    }[]
  }
  'typing.send': { readonly ask: WithDevice & { readonly conversation: string }; readonly answer: null }
  /** Begins it, and says something in it. */
  'conversation.start': {
    readonly ask: WithDevice & { readonly user: string; readonly key: string }
    readonly answer: SentAnswer
  }
  /** Makes it, and says something in it. */
  'group.create': {
    readonly ask: WithDevice & {
      readonly group: string
      readonly users: readonly string[]
      readonly key: string
    }
    readonly answer: SentAnswer
  }
  /** Makes a group, says something, adds somebody, and says something again. */
  'member.add': { readonly ask: ChangeAsk; readonly answer: ChangedAnswer }
  /** The same, and somebody is removed in between. */
  'member.remove': { readonly ask: ChangeAsk; readonly answer: ChangedAnswer }
  /** A further device of the user of a device; it stays connected. */
  'device.register': { readonly ask: WithDevice & { readonly number: number }; readonly answer: null }
  /** An account that is new, says something to the user of the device, and is deleted again. */
  'account.delete': {
    readonly ask: WithDevice & { readonly user: string; readonly key: string }
    readonly answer: SentAnswer
  }
  'device.leave': { readonly ask: WithDevice; readonly answer: null }
  /** Milliseconds that it took until all that waited was there, and how many messages that were. */
  'device.return': { readonly ask: WithDevice; readonly answer: { readonly received: number } }
}

/** Something that a person does with a device. */
export type CommandName = keyof Commands
export type CommandAsk<Name extends CommandName> = Commands[Name]['ask']
export type CommandAnswer<Name extends CommandName> = Commands[Name]['answer']

/** A command on its way to the devices' process. */
export interface CommandFrame {
  readonly request: number
  readonly name: CommandName
  readonly ask: unknown
  /** Milliseconds that are left to answer it. */
  readonly withinMs: number
}

/** What became of it. */
export type CommandReply = { readonly request: number } & (
  | { readonly type: 'done'; readonly value: unknown }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'failed'; readonly kind: FailureKind; readonly message: string }
)
