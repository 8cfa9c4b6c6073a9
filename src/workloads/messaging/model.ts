import { assumed, documented } from '../../core/model.ts'
import type { Quantity, TrafficModel } from '../../core/model.ts'

/** Messages of an average day: 50 a user. */
const messages = documented(100e9, 'per day', 'MSG-02')
/** People who use it. */
const USERS = 2e9
const MORE = 'one user in twenty: more than would, so that a short run sees some'

/** An operation of the messaging case. */
export type MessagingOperation =
  | 'message.send'
  | 'message.read'
  | 'history.page'
  | 'inbox.list'
  | 'typing.send'
  | 'device.leave'
  | 'device.return'
  | 'conversation.start'
  | 'group.create'
  | 'member.add'
  | 'member.remove'
  | 'device.register'
  | 'account.delete'

/** The rate of every operation at scale 1. */
export const rates: Readonly<Record<MessagingOperation, Quantity>> = {
  'message.send': messages,
  'message.read': assumed(25e9, 'per day', 'one mark stands for four messages: people read several at once'),
  'history.page': assumed(10e9, 'per day', 'five times a day somebody scrolls back'),
  'inbox.list': assumed(10e9, 'per day', 'the list of conversations is opened five times a day and user'),
  'typing.send': assumed(10e9, 'per day', 'one message in ten is seen being typed'),
  'device.leave': assumed(USERS, 'per day', 'once a day a device loses its connection and comes back'),
  'device.return': assumed(USERS, 'per day', 'as often as one is lost'),
  'conversation.start': assumed(USERS / 10, 'per day', 'one user in ten writes to somebody new'),
  'group.create': assumed(USERS / 20, 'per day', MORE),
  'member.add': assumed(USERS / 20, 'per day', MORE),
  'member.remove': assumed(USERS / 20, 'per day', MORE),
  'device.register': assumed(USERS / 20, 'per day', MORE),
  'account.delete': assumed(USERS / 20, 'per day', MORE),
}

/** Shares of what is sent, each of all messages. */
export const shares: Readonly<Record<'groups' | 'images' | 'videos' | 'repeated', Quantity>> = {
  groups: assumed(0.25, 'of messages', 'one message in four is said to a group'),
  images: assumed(0.04, 'of messages', 'with a blob in object storage (MSG-09, MSG-10)'),
  videos: assumed(0.01, 'of messages', 'with a larger one'),
  repeated: assumed(0.01, 'of messages', 'the answer was lost, and the device sends again (M-02)'),
}

/** Media as their devices upload them, in bytes. Small, since a run is about messages and not about bandwidth. */
export const media: Readonly<Record<'image' | 'video', Quantity>> = {
  image: assumed(8_192, 'bytes', 'a preview'),
  video: assumed(32_768, 'bytes', 'the first part of one'),
}

/** How the seeded people are joined. */
export const society: Readonly<
  Record<
    'secondDevices' | 'contacts' | 'groups' | 'smallestGroup' | 'largestGroup' | 'offline' | 'awaySeconds',
    Quantity
  >
> = {
  secondDevices: assumed(1 / 5, 'of users', 'have a second device (M-25)'),
  contacts: assumed(4, 'conversations of two a user', 'those that are alive in a day'),
  groups: assumed(1 / 40, 'groups a user', 'MSG-03 / MSG-01: 50M groups of 2B users'),
  smallestGroup: assumed(3, 'members', 'of a group; sizes follow Pareto’s law with exponent 2'),
  largestGroup: assumed(256, 'members', 'of a seeded group; one of 10,000 is tested apart'),
  offline: assumed(1 / 10, 'of devices', 'are away when a run begins, and come back at its end'),
  awaySeconds: assumed(8, 'seconds', 'how long a device that left stays away'),
}

/** Exponents of Zipf's law. */
export const skew: Readonly<Record<'conversations', Quantity>> = {
  conversations: assumed(1, 'Zipf exponent', 'over conversations of two, and over groups (X-17)'),
}

function named(prefix: string, of: Readonly<Record<string, Quantity>>): TrafficModel {
  return Object.fromEntries(Object.entries(of).map(([name, quantity]) => [`${prefix}.${name}`, quantity]))
}

/** Every number of the messaging traffic, for the report (rates at scale 1). */
export const model: TrafficModel = {
  ...rates,
  ...named('shares', shares),
  ...named('media', media),
  ...named('society', society),
  ...named('skew', skew),
}
