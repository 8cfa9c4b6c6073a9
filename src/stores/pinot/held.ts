import { heldTables, instanceAnswer, instanceList } from './answers.ts'
import type { Sender } from './send.ts'

/**
 * Whether a server still holds rows of a table. One looks once a second whether a table that was dropped is gone, and would
 * take down another of the name that is made before it has looked.
 * @throws OperationFailure
 */
export async function isHeld({ send }: Sender, table: string): Promise<boolean> {
  const { instances } = instanceList.parse((await send({ method: 'GET', path: '/instances' })).body)
  for (const name of instances.filter((instance) => instance.startsWith('Server_'))) {
    const answer = await send({ method: 'GET', path: `/instances/${name}` })
    const { hostName: host, adminPort: port } = instanceAnswer.parse(answer.body)
    const held = await send({ method: 'GET', path: '/tables', of: { host, port } })
    if (heldTables.parse(held.body).tables.includes(`${table}_REALTIME`)) return true
  }
  return false
}
