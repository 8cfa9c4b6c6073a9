import { chmod, chown, mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Launch, NativeEngine, NativePlace, Note } from '../../core/store-module.ts'
import { argumentFile } from '../../machine/java.ts'
import { explained, requireSpace, writeFileAtomic } from '../../machine/files.ts'
import { pomOf } from '../../machine/maven.ts'
import { VERSION, lookForPinot, usablePinot } from './engine.ts'
import type { Engine } from './engine.ts'
import { LOGGING, PORTS, javaOptions, nodeProperties } from './settings.ts'

const NEEDED_BYTES = 2 ** 30
const PROGRAM = 'PinotNode.java'
const PROPERTIES = 'pinot.properties'

async function own(path: string, place: NativePlace): Promise<void> {
  if (place.account !== undefined) await chown(path, place.account.uid, place.account.gid)
}

/** A file in the data folder, for the node's account alone. */
async function configure(place: NativePlace, name: string, text: string): Promise<void> {
  const file = join(place.data, name)
  await writeFileAtomic(file, text, 0o600)
  await own(file, place)
}

/** Always anew: a node does not come back over what an earlier one has left, and reads its topics from their beginning. */
async function makeInstance(place: NativePlace, { jars }: Engine): Promise<void> {
  const { data } = place
  await rm(data, { recursive: true, force: true })
  await mkdir(dirname(data), { recursive: true })
  await requireSpace(dirname(data), NEEDED_BYTES, 'Pinot')
  for (const folder of [data, join(data, 'tmp')]) {
    await mkdir(folder, { mode: 0o700 })
    await chmod(folder, 0o700)
    await own(folder, place)
  }
  await configure(place, PROPERTIES, nodeProperties(place))
  await configure(place, 'log4j2.xml', LOGGING)
  // A copy of our own code: the account that runs it may not reach the original.
  await configure(place, PROGRAM, await readFile(join(dirname(pomOf('pinot')), PROGRAM), 'utf8'))
  const options = [...javaOptions(data), '-cp', jars.join(':')]
  await configure(place, 'java.args', argumentFile(options))
}

async function prepare(place: NativePlace, note: Note): Promise<Launch> {
  const engine = await usablePinot(place.engines, place.account, note)
  await explained(`make ${place.data}`, () => makeInstance(place, engine))
  note(`starting Pinot ${VERSION} on Java ${engine.java.version}, empty`)
  return {
    file: engine.java.file,
    args: ['@java.args', PROGRAM, PROPERTIES],
    folder: place.data,
    pidFile: join(place.data, 'pinot.pid'),
    pidWrittenBy: 'launcher',
    stopSignal: 'SIGTERM',
  }
}

/** Pinot from Maven, on the user's own Java: ZooKeeper, controller, broker and server in one process. */
export const native: NativeEngine = { furtherPorts: PORTS, look: lookForPinot, prepare }
