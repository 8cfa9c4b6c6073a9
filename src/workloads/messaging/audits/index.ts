import type { Audit } from '../../../core/audit.ts'
import { asWrittenInboxOnce } from './as-written/inbox-once.ts'
import { asWrittenMessagesOneRow } from './as-written/messages-one-row.ts'
import { asWrittenMessagesReceived } from './as-written/messages-received.ts'
import { asWrittenMessagesStored } from './as-written/messages-stored.ts'
import { asWrittenPartitionsBounded } from './as-written/partitions-bounded.ts'
import { asWrittenPlaintextNowhere } from './as-written/plaintext-nowhere.ts'
import { asWrittenUnreadDerived } from './as-written/unread-derived.ts'
import { accountsGone } from './accounts-gone.ts'
import { marksEqual } from './marks-equal.ts'
import { packagesOnce } from './packages-once.ts'
import { messagesInOrder } from './messages-in-order.ts'
import { messagesOneRow } from './messages-one-row.ts'
import { messagesReadable } from './messages-readable.ts'
import { messagesReceived } from './messages-received.ts'
import { messagesStored } from './messages-stored.ts'
import { partitionsBounded } from './partitions-bounded.ts'
import { plaintextNowhere } from './plaintext-nowhere.ts'
import { queuesEmpty } from './queues-empty.ts'
import { tombstonesBounded } from './tombstones-bounded.ts'
import { unreadDerived } from './unread-derived.ts'

/** What must hold after a run of the fixed variant (defects.md, B.6). */
export const fixedAudits: readonly Audit[] = [
  messagesStored,
  messagesOneRow,
  messagesReceived,
  messagesInOrder,
  messagesReadable,
  queuesEmpty,
  unreadDerived,
  plaintextNowhere,
  partitionsBounded,
  packagesOnce,
  marksEqual,
  accountsGone,
  tombstonesBounded,
]

/** The same of the text's own tables, as far as they have what there is to look at. */
export const asWrittenAudits: readonly Audit[] = [
  asWrittenMessagesStored,
  asWrittenMessagesOneRow,
  asWrittenMessagesReceived,
  messagesInOrder,
  asWrittenInboxOnce,
  asWrittenUnreadDerived,
  asWrittenPlaintextNowhere,
  asWrittenPartitionsBounded,
]
