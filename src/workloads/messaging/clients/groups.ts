import { MOST_USERS } from '../protocol/requests.ts'
import type { Device } from './device.ts'

/** Makes a group under its maker's name, a large one by several frames; asked again it is the same. @throws Refusal, OperationFailure */
export async function makeGroup(device: Device, key: string, users: readonly string[]): Promise<void> {
  await device.ask('group', { key, users: users.slice(0, MOST_USERS) })
  for (let from = MOST_USERS; from < users.length; from += MOST_USERS)
    await device.ask('add', { conversation: key, users: users.slice(from, from + MOST_USERS) })
}
