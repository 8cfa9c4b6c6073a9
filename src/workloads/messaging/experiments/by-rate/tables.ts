import type { VariantName } from '../../../../core/names.ts'
import type {
  CassandraClient,
  CassandraStatement,
  CassandraValue,
} from '../../../../stores/cassandra/client.ts'
import { INSERT_TEXT_MESSAGE } from '../../as-written/messages.ts'
import { timeUuids } from '../../as-written/time-uuid.ts'
import { INSERT_MESSAGE } from '../../fixed/gateway/statements.ts'
import { declaredTable } from '../../schema.ts'
import { envelope, messageIds, messageValues, numberedUuid } from '../message.ts'

const KEYSPACES: Readonly<Record<VariantName, string>> = {
  fixed: 'arch_messaging_rates',
  'as-written': 'arch_messaging_rates_text',
}
/** Conversations that messages are written to in turns. */
const CONVERSATIONS = 1_000

/** A table of messages. */
export interface MessageTable {
  /** Writes one message. @throws OperationFailure */
  write(number: number): Promise<unknown>
  empty(): Promise<void>
}

function conversation(number: number): string {
  return numberedUuid(0, number % CONVERSATIONS)
}

/** A statement, and what it binds for a message of a number. */
type Writes = readonly [CassandraStatement, (number: number) => CassandraValue[]]

function ownWrites(): Writes {
  const newId = messageIds()
  return [INSERT_MESSAGE, (number) => messageValues(conversation(number), newId(), number)]
}

function textWrites(): Writes {
  const newId = timeUuids()
  return [
    INSERT_TEXT_MESSAGE,
    (number) => {
      const [sender, recipient] = [BigInt(number % 7_777), BigInt(number % 7_778)]
      // As many bytes as an envelope.
      const content = Buffer.from(envelope(number)).toString('hex').slice(0, envelope(number).length)
      return [conversation(number), newId(), sender, recipient, 'text', content, false, 'sent', new Date()]
    },
  ]
}

/** Makes the table of a variant anew, as its file declares it, in a keyspace of the experiment's own. @throws OperationFailure */
export async function makeMessageTable(server: CassandraClient, variant: VariantName): Promise<MessageTable> {
  const keyspace = KEYSPACES[variant]
  await server.dropKeyspace(keyspace)
  await server.createKeyspace(keyspace)
  const cassandra = server.withKeyspace(keyspace)
  await cassandra.execute(await declaredTable(variant, 'messages'))
  const [statement, values] = variant === 'fixed' ? ownWrites() : textWrites()
  return {
    write: (number) => cassandra.query(statement, values(number)),
    empty: () => cassandra.execute('TRUNCATE messages'),
  }
}

/** Drops what was made. */
export async function dropMessageTables(server: CassandraClient): Promise<void> {
  for (const keyspace of Object.values(KEYSPACES)) await server.dropKeyspace(keyspace)
}
