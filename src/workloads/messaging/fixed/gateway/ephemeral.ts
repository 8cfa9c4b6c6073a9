import type { Ephemeral } from '../../protocol/answers.ts'
import { tell } from './deliver.ts'
import type { Gateway } from './gateway.ts'
import { NAMES } from './names.ts'
import { tellConnected } from './scripts.ts'

/** Members of a conversation in which one sees another type, come and go: in a larger one everybody would all the time. */
export const SMALL_GROUP = 32

/**
 * Tells devices something that is not kept: those that are connected here at once, others over their gateways in one
 * round trip. Who is away never hears of it, nor who comes while it is on its way. @throws OperationFailure
 */
export async function tellDevices(
  { sessions, redis }: Gateway,
  addresses: readonly string[],
  pushed: Ephemeral,
): Promise<void> {
  const elsewhere: string[] = []
  for (const address of addresses) {
    const session = sessions.get(address)
    if (session === undefined) elsewhere.push(address)
    else tell(session, pushed)
  }
  if (elsewhere.length === 0) return
  const said = JSON.stringify(pushed)
  await redis.wave([redis.call(tellConnected, [], [said, said, ...elsewhere])])
}

/**
 * Tells devices whether another one is here, as Redis has it at that moment, so that what is told last is so. @returns
 * those of them that are connected @throws OperationFailure
 */
export async function tellPresence(
  { redis }: Gateway,
  addresses: readonly string[],
  from: string,
): Promise<readonly string[]> {
  const said = (state: 'online' | 'offline'): string => {
    const pushed: Ephemeral = { type: 'presence', from, state }
    return JSON.stringify(pushed)
  }
  const [connected] = await redis.wave([
    redis.call(tellConnected, [NAMES.route(from)], [said('online'), said('offline'), ...addresses]),
  ])
  return Array.isArray(connected) ? connected.map(String) : []
}

/** Another gateway tells something to devices that are connected here: "device,device", then what, on lines of their own. */
export function onTold({ sessions }: Gateway, message: string): void {
  const end = message.indexOf('\n')
  const pushed = JSON.parse(message.slice(end + 1)) as Ephemeral
  for (const address of message.slice(0, end).split(',')) {
    const session = sessions.get(address)
    if (session !== undefined) tell(session, pushed)
  }
}
