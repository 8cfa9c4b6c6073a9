import type { FailureKind } from '../../../core/errors.ts'
import type { MessageKind } from './plaintext.ts'

/** Key of Redis: where the devices' process listens, and the secret that it asks for. */
export const CLIENTS = 'clients'

interface WithDevice {
  readonly device: string
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
    readonly answer: {
      readonly message: string
      readonly recipients: number
      readonly again: string | undefined
    }
  }
  'message.read': { readonly ask: WithDevice & { readonly conversation: string }; readonly answer: null }
  'history.page': {
    readonly ask: WithDevice & { readonly conversation: string }
    readonly answer: { readonly messages: readonly string[]; readonly partitions: number }
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
