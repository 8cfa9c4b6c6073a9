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
import { conversationOf, messageIds, messageValues, wordsOf } from '../message.ts'

const KEYSPACES: Readonly<Record<VariantName, string>> = {
  fixed: 'arch_messaging_rates',
  'as-written': 'arch_messaging_rates_text',
}
/** A table of messages. */
export interface MessageTable {
  /** Writes one message. @throws OperationFailure */
  write(number: number): Promise<unknown>
  empty(): Promise<void>
}

/** A statement, and what it binds for a message of a number. */
type Writes = readonly [CassandraStatement, (number: number) => CassandraValue[]]

function ownWrites(): Writes {
  const newId = messageIds()
  return [INSERT_MESSAGE, (number) => messageValues(conversationOf(number), newId(), number)]
}

function textWrites(): Writes {
  const newId = timeUuids()
  return [
    INSERT_TEXT_MESSAGE,
    (number) => {
      const [sender, recipient] = [BigInt(number % 7_777), BigInt(number % 7_778)]
      const [conversation, words] = [conversationOf(number), wordsOf(number)]
      return [conversation, newId(), sender, recipient, 'text', words, false, 'sent', new Date()]
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
