// Cuts the data centres of a Cassandra apart, and makes them whole again.
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Home } from '../../src/machine/home.ts'
import { openHome } from '../../src/machine/home.ts'
import { readInstance } from '../../src/session/instance.ts'
import { nodesAt } from '../../src/session/nodes.ts'
import { store } from '../../src/stores/cassandra/index.ts'
import { SITES } from '../../src/stores/cassandra/sites.ts'

/** Where the way into a node from other data centres is, and the process that is this way. */
interface Link {
  readonly host: string
  readonly port: number
  readonly pid: number
}

async function linksOf(place: Home): Promise<readonly Link[]> {
  const instance = await readInstance(place, 'cassandra')
  const nodes = instance === undefined ? [] : nodesAt(place, store, instance)
  return Promise.all(
    nodes.map(async ({ data, known }, index): Promise<Link> => {
      const host = SITES['multi-dc']?.[index]?.abroad
      const port = known.furtherPorts?.['storage']
      if (host === undefined || port === undefined) throw new Error('these nodes have no links')
      return { host, port, pid: Number(await readFile(join(data, 'link.pid'), 'utf8')) }
    }),
  )
}

/** Whether somebody can come in there. */
function isOpen({ host, port }: Link): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function signalLinks(home: string, signal: 'SIGUSR2' | 'SIGHUP'): Promise<void> {
  const links = await linksOf(await openHome(home, {}))
  for (const { pid } of links) process.kill(pid, signal)
  for (const link of links) while ((await isOpen(link)) !== (signal === 'SIGHUP')) continue
}

/** Ends every connection between nodes of different data centres, and lets no new one in. */
export async function cutDatacenters(home: string): Promise<void> {
  await signalLinks(home, 'SIGUSR2')
}

/** Lets them in again. */
export async function healDatacenters(home: string): Promise<void> {
  await signalLinks(home, 'SIGHUP')
}
