import type { MessagingOperation } from '../model.ts'

/** Tells the choices of operations apart. */
export const CODE: Readonly<Record<Exclude<MessagingOperation, `device.${string}`>, number>> = {
  'message.send': 1,
  'message.read': 2,
  'history.page': 3,
  'inbox.list': 4,
  'typing.send': 5,
  'conversation.start': 6,
  'group.create': 7,
  'member.add': 8,
  'member.remove': 9,
  'account.delete': 10,
}
