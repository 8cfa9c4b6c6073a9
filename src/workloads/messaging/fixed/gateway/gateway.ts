import type { LRUCache } from 'lru-cache'
import type { WebSocket } from 'ws'
import type { CassandraClient } from '../../../../stores/cassandra/client.ts'
import type { RedisClient } from '../../../../stores/redis/client.ts'
import type { DeviceAddress } from '../../population.ts'
import type { Cleanups } from './cleanups.ts'
import type { Comings } from './comings.ts'
import type { ExpiredMessage } from './expired.ts'
import type { Marks } from './marks.ts'
import type { MediaStore } from './media.ts'
import type { Memberships } from './memberships.ts'
import type { Pages } from './pages.ts'
import type { TakenQueues } from './taken.ts'

/** Something that was sent to a device and that it has not taken yet. */
export interface Unconfirmed {
  readonly position: number
  readonly conversation: string
  /** Of a message: its id; of a key: its name in the store. */
  readonly message: bigint | undefined
  readonly key: string | undefined
}

/** A bucket of a queue in Cassandra that was sent, up to which position. */
export interface PersistedBucket {
  readonly bucket: number
  readonly last: number
}

/** A device that is connected here, once it has said who it is. */
export interface Session {
  readonly address: string
  readonly device: DeviceAddress
  readonly socket: WebSocket
  /** Base64 of its identity key, for those whom it gives keys. */
  readonly identity: string
  /** This connection, told apart from an earlier one of the same device. */
  readonly route: string
  /** What Redis holds, by its name: positions count within it. */
  epoch: string
  /** The last position of its queue that was sent. */
  sent: number
  /** While what waited is being sent: pushes find it there, and are not sent by themselves. */
  isDraining: boolean
  /** The last position that was told meanwhile. */
  told: number
  /** Where to look once more, whatever was told: something may have been put there without being told. */
  look: 'nowhere' | 'queue' | 'store'
  readonly unconfirmed: Unconfirmed[]
  /** The account was deleted: nothing is taken from it any more. */
  isGone: boolean
  /** Wakes who waits until more has been taken. */
  onTaken: (() => void) | undefined
  /** What was sent of its queue in Cassandra, and is not dropped there yet. */
  readonly persisted: PersistedBucket[]
}

/** What the parts of a gateway share. */
export interface Gateway {
  readonly name: string
  readonly cassandra: CassandraClient
  readonly redis: RedisClient
  /** Milliseconds since 1970 by this gateway's clock, which may be wrong (M-10). */
  readonly now: () => number
  readonly sessions: Map<string, Session>
  readonly memberships: Memberships
  readonly marks: Marks
  readonly taken: TakenQueues
  readonly comings: Comings
  readonly cleanups: Cleanups
  readonly media: MediaStore
  readonly pages: Pages
  /** What a bucket of a conversation takes, in messages. */
  readonly bucketMessages: number
  /** Whether a message is dropped once each device has taken it (M-18). */
  readonly forwardsOnly: boolean
  /** What a message waits for a device that stays away, in seconds (MSG-06). */
  readonly queueSeconds: number
  /** Is told of each message that a device never gets, since it stayed away for longer. */
  readonly expired: (expired: ExpiredMessage) => void
  /** Buckets of conversations that are known to be in the index, by "conversation bucket". */
  readonly indexed: LRUCache<string, true>
  /** The first key package that a device was seen to have, by its address. */
  readonly packagesFrom: LRUCache<string, bigint>
  /** Counts how often Redis was lost: what was put there before is to be put again. */
  losses(): number
}
