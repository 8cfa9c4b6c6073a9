import { erase } from '../../core/operation.ts'
import type { AnyOperation } from '../../core/operation.ts'
import {
  accountDelete,
  conversationStart,
  deviceRegister,
  groupCreate,
  memberAdd,
  memberRemove,
} from './traffic/groups.ts'
import { messageSend } from './traffic/message-send.ts'
import {
  deviceLeave,
  deviceReturn,
  historyPage,
  inboxList,
  messageRead,
  typingSend,
} from './traffic/people.ts'

/** What people do, whatever the variant. */
export const messagingOperations: readonly AnyOperation[] = [
  erase(messageSend),
  erase(messageRead),
  erase(historyPage),
  erase(inboxList),
  erase(typingSend),
  erase(deviceLeave),
  erase(deviceReturn),
  erase(conversationStart),
  erase(groupCreate),
  erase(memberAdd),
  erase(memberRemove),
  erase(deviceRegister),
  erase(accountDelete),
]
