import { addressOf } from '../population.ts'
import type { MessagingPopulation } from '../population.ts'
import type { Device } from './device.ts'
import type { Society } from './society.ts'

/** The devices of everybody in a conversation. */
function devicesIn(
  society: Society,
  population: MessagingPopulation,
  conversation: number,
): readonly Device[] {
  return population.membersOf(conversation).flatMap((member) =>
    Array.from({ length: population.devicesOf(member) }, (_, index) => {
      const device = society.devices.get(addressOf({ user: population.userId(member), device: index + 1 }))
      return device === undefined ? [] : [device]
    }).flat(),
  )
}

/**
 * Gives the devices of each conversation that is there before a run the keys that they would have by then: they have
 * written to each other before. Only devices take part; nothing is sent. What comes later (groups, members, devices,
 * keys that have written their share) takes the way over the server.
 */
export function acquaint(society: Society, population: MessagingPopulation): void {
  for (let index = 0; index < population.pairs + population.groups; index += 1) {
    const conversation = population.conversationId(index)
    const devices = devicesIn(society, population, index)
    const byAddress = new Map(devices.map((device) => [device.address, device]))
    for (const { address, keys } of devices) {
      const lacking = keys.needsKey(
        conversation,
        new Set([...byAddress.keys()].filter((other) => other !== address)),
      )
      const recipients = lacking.flatMap((to) => {
        const other = byAddress.get(to)
        if (other === undefined) return []
        const [made] = keys.needsPackage(to) ? other.keys.newPackages(1) : []
        return [{ address: to, identity: other.keys.identity, package: made }]
      })
      for (const { address: to, wrapped } of keys.share(conversation, recipients))
        byAddress.get(to)?.keys.accept(conversation, { address, identity: keys.identity }, wrapped)
    }
  }
}
