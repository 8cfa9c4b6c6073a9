import type { Audit } from '../../../core/workload.ts'
import { accountsGone } from './accounts-gone.ts'
import { marksEqual } from './marks-equal.ts'
import { packagesOnce } from './packages-once.ts'
import { messagesInOrder } from './messages-in-order.ts'
import { messagesReadable } from './messages-readable.ts'
import { messagesReceived } from './messages-received.ts'
import { messagesStored } from './messages-stored.ts'
import { partitionsBounded } from './partitions-bounded.ts'
import { plaintextNowhere } from './plaintext-nowhere.ts'
import { queuesEmpty } from './queues-empty.ts'

/** What must hold after a run of the fixed variant (defects.md, B.6). */
export const fixedAudits: readonly Audit[] = [
  messagesStored,
  messagesReceived,
  messagesInOrder,
  messagesReadable,
  queuesEmpty,
  plaintextNowhere,
  partitionsBounded,
  packagesOnce,
  marksEqual,
  accountsGone,
]
