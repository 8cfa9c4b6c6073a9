/** The keys of Redis. Scripts make those of devices by the same names. */
export const NAMES = {
  /** Hash: gateway to port. Stands in for a name service. */
  gateways: 'gateways',
  /** What gateways tell each other who they are by. */
  peers: 'peers',
  /** Set: folders of blobs. */
  media: 'media-folders',
  /** What changes when Redis has lost what it held. */
  epoch: 'epoch',
  sentKey: (address: string, key: string): string => `sent:${address}:${key}`,
  last: (conversation: string): string => `last:${conversation}`,
  /** How much was taken into the bucket of the last one. */
  filled: (conversation: string): string => `filled:${conversation}`,
  /** List: the newest messages, by whom. */
  recent: (conversation: string): string => `recent:${conversation}`,
  /** Which version of a user's devices is the last one. */
  devices: (user: bigint): string => `devices:${user}`,
  state: (conversation: string): string => `state:${conversation}`,
  /** Parts of messages to many devices that are not in their queues yet, and how many have been put there. */
  parts: (conversation: string): string => `parts:${conversation}`,
  served: (conversation: string): string => `served:${conversation}`,
  queue: (address: string): string => `queue:${address}`,
  position: (address: string): string => `position:${address}`,
  /** Whether a device's queue is all that waits for it: Redis was not lost since it was made. */
  built: (address: string): string => `built:${address}`,
  route: (address: string): string => `route:${address}`,
  entry: (entry: string): string => `entry:${entry}`,
  /** Sorted set: devices that are away, by since when something waits. */
  waiting: 'waiting',
  /** That a user's account was deleted a while ago: nothing is put into queues of its devices. */
  gone: (user: bigint): string => `gone:${user}`,
  channel: (gateway: string): string => `gateway:${gateway}`,
  /** Channel: what one gateway tells devices of another one, which is not kept. */
  told: (gateway: string): string => `told:${gateway}`,
  /** Channel: a gateway, and a user whom it deletes. */
  expelled: 'expelled',
  /** Channel: conversations whose members or devices changed. */
  changed: 'changed',
} as const

/** The keys of script `takeMessage`, in its order. @param key what the device at `address` named its message */
export function takeMessageKeys(address: string, key: string, conversation: string): readonly string[] {
  return [
    NAMES.sentKey(address, key),
    NAMES.last(conversation),
    NAMES.state(conversation),
    NAMES.recent(conversation),
    NAMES.epoch,
    NAMES.filled(conversation),
  ]
}
