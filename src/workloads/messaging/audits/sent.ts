import { ArchError } from '../../../core/errors.ts'
import type { JournalEntry, JournalReader } from '../../../core/journal.ts'

/** A message that somebody sent, as the load's witness has it. */
export interface SentMessage {
  readonly key: string
  readonly conversation: string
  /** The sender's device. */
  readonly device: string
  /** Decimal; undefined where no answer was seen. */
  readonly message: string | undefined
  /** Devices that it was sent to; undefined where no answer says so. */
  readonly recipients: number | undefined
  /** Of a conversation whose members change: who was in it then. Absent: those whom the table has. */
  readonly members: readonly bigint[] | undefined
}

/** Operations that end in a message. */
const SAYING: ReadonlySet<string> = new Set([
  'message.send',
  'conversation.start',
  'group.create',
  'member.add',
  'member.remove',
  'account.delete',
])

function text(value: unknown, name: string, number: number): string {
  if (typeof value === 'string') return value
  throw new ArchError(
    `journal entry ${number} has no ${name}`,
    'The journal was changed by hand, or comes from another version of arch: run the bench again.',
  )
}

function membersOf(value: unknown): readonly bigint[] | undefined {
  return typeof value === 'string' ? value.split(' ').map(BigInt) : undefined
}

function* messagesOf({ number, keys, result, outcome }: JournalEntry): Iterable<SentMessage> {
  const isOk = outcome === 'ok'
  const shared = {
    conversation: text(keys['conversation'], 'conversation', number),
    device: text(keys['device'], 'device', number),
  }
  if (keys['before'] !== undefined)
    yield {
      ...shared,
      key: text(keys['before'], 'key', number),
      members: membersOf(keys['membersBefore']),
      message: isOk ? text(result['messageBefore'], 'message', number) : undefined,
      recipients: undefined,
    }
  yield {
    ...shared,
    key: text(keys['key'], 'key', number),
    members: membersOf(keys['members']),
    message: isOk ? text(result['message'], 'message', number) : undefined,
    recipients: isOk && typeof result['recipients'] === 'number' ? result['recipients'] : undefined,
  }
}

/** What the journal says was sent; what was refused is left out. @throws ArchError for an entry that says less */
export async function* sentMessages(journal: JournalReader): AsyncGenerator<SentMessage> {
  for await (const entry of journal.entries()) {
    if (!SAYING.has(entry.operation)) continue
    // Something may have been said before the refusal.
    const isWhole = entry.keys['before'] === undefined
    if (isWhole && (entry.outcome === 'refused' || entry.outcome === 'failed')) continue
    yield* messagesOf(entry)
  }
}

/** What a device says that it has received. */
export interface ReceivedMessage {
  readonly device: string
  readonly conversation: string
  readonly message: string
  readonly key: string
  /** SHA-256 of the blob that came with it, hexadecimal; undefined where none did. */
  readonly media: string | undefined
}

/** What the devices' witness says, in the order in which each device saw it. @throws ArchError */
export async function* receivedMessages(journal: JournalReader): AsyncGenerator<ReceivedMessage> {
  for await (const { number, keys } of journal.entries('message.received'))
    yield {
      device: text(keys['device'], 'device', number),
      conversation: text(keys['conversation'], 'conversation', number),
      message: text(keys['message'], 'message', number),
      key: text(keys['key'], 'key', number),
      media: keys['media'] === undefined ? undefined : text(keys['media'], 'blob', number),
    }
}
