import { ArchError } from '../../../core/errors.ts'
import type { JournalReader } from '../../../core/journal.ts'

/** A message that somebody sent, as the load's witness has it. */
export interface SentMessage {
  readonly key: string
  readonly conversation: string
  /** The sender's device. */
  readonly device: string
  /** Decimal; undefined where no answer was seen. */
  readonly message: string | undefined
}

function text(value: unknown, name: string, number: number): string {
  if (typeof value === 'string') return value
  throw new ArchError(
    `journal entry ${number} has no ${name}`,
    'The journal was changed by hand, or comes from another version of arch: run the bench again.',
  )
}

/** What the journal says was sent; what was refused is left out. @throws ArchError for an entry that says less */
export async function* sentMessages(journal: JournalReader): AsyncGenerator<SentMessage> {
  for await (const { number, keys, result, outcome } of journal.entries('message.send')) {
    if (outcome === 'refused' || outcome === 'failed') continue
    yield {
      key: text(keys['key'], 'key', number),
      conversation: text(keys['conversation'], 'conversation', number),
      device: text(keys['device'], 'device', number),
      message: outcome === 'ok' ? text(result['message'], 'message', number) : undefined,
    }
  }
}

/** What a device says that it has received. */
export interface ReceivedMessage {
  readonly device: string
  readonly conversation: string
  readonly message: string
  readonly key: string
}

/** What the devices' witness says, in the order in which each device saw it. @throws ArchError */
export async function* receivedMessages(journal: JournalReader): AsyncGenerator<ReceivedMessage> {
  for await (const { number, keys } of journal.entries('message.received'))
    yield {
      device: text(keys['device'], 'device', number),
      conversation: text(keys['conversation'], 'conversation', number),
      message: text(keys['message'], 'message', number),
      key: text(keys['key'], 'key', number),
    }
}
