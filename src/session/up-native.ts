import { rm, stat, truncate } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArchError, usageError } from '../core/errors.ts'
import type { Launch, NativePlace, Note, StoreModule } from '../core/store-module.ts'
import type { Environment } from '../machine/account.ts'
import { dataFolder, engineFolder, logFile } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { findFreePort, isPortFree } from '../machine/port.ts'
import { endProcess, findByPidFile, isAlive, isWorkedIn, spawnDetached } from '../machine/process.ts'
import { newSecrets, readInstance, writeInstance } from './instance.ts'
import type { Instance } from './instance.ts'
import { endOfFile, waitUntilReady } from './ready.ts'

const PATIENCE_MS = 30_000
const LARGEST_LOG_BYTES = 64 * 2 ** 20
const PORT_ATTEMPTS = 3
/** A killed process is gone before the last of its threads is, and its ports with it. */
const LEAVING_MS = 2_000

/** The port that the user insists on, or undefined. @throws ArchError (usage) when it is none */
export function insistedPort(module: StoreModule, env: Environment): number | undefined {
  const text = env[module.portVariable]
  if (text === undefined || text === '') return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw usageError(
    `${module.portVariable} is '${text}'`,
    `Set it to a port from 1 to 65535, or leave it unset.`,
  )
}

/**
 * A port for an instance that is not running: the one that the user insists on, the one it had, or a free one.
 * @throws ArchError when the user's own is taken
 */
export async function choosePort(
  module: StoreModule,
  remembered: number | undefined,
  env: Environment,
  note: Note,
): Promise<number> {
  const insisted = insistedPort(module, env)
  if (insisted !== undefined) {
    if (await isPortFree(insisted)) return insisted
    throw new ArchError(
      `${module.portVariable} is ${insisted}, and something else listens on that port`,
      `End it, set ${module.portVariable} to another port, or leave it unset.`,
    )
  }
  if (remembered !== undefined && (await isPortFree(remembered))) return remembered
  const port = await findFreePort()
  if (remembered !== undefined)
    note(`port ${remembered} of ${module.title} is taken by something else: using ${port}`)
  return port
}

/** The further ports of an instance that is not running: those it had, where they are free, and free ones. */
async function chooseFurtherPorts(
  module: StoreModule,
  remembered: Readonly<Record<string, number>>,
  port: number,
): Promise<Readonly<Record<string, number>>> {
  const chosen: Record<string, number> = {}
  for (const name of module.native.furtherPorts ?? []) {
    const taken = new Set([port, ...Object.values(chosen)])
    let found = remembered[name] ?? (await findFreePort())
    while (taken.has(found) || !(await isPortFree(found))) found = await findFreePort()
    chosen[name] = found
  }
  return chosen
}

/** Whether all of its ports are free, as they were when they were chosen. */
async function arePortsFree(instance: Instance): Promise<boolean> {
  const ports = [instance.port, ...Object.values(instance.furtherPorts ?? {})]
  return (await Promise.all(ports.map(isPortFree))).every(Boolean)
}

/** Waits a moment for the ports of an instance that was killed: its clients look for it where it was. */
async function waitForOldPorts(known: Instance | undefined): Promise<void> {
  if (known?.process === undefined) return
  const until = performance.now() + LEAVING_MS
  while (!(await arePortsFree(known)) && performance.now() < until) await sleep(20)
}

/** Whether the instance's recorded process still lives. */
export async function isRunningNatively(instance: Instance | undefined): Promise<boolean> {
  return instance?.process !== undefined && isAlive(instance.process)
}

/** Clears what a killed instance, or a killed `arch`, may have left behind. */
async function clearRemains(launch: Launch, module: StoreModule, note: Note): Promise<void> {
  const unrecorded = await findByPidFile(launch.pidFile, launch.folder)
  if (unrecorded !== undefined) {
    note(`ending ${module.title} process ${unrecorded.pid}, whose start was never recorded`)
    await endProcess(unrecorded, launch.stopSignal, PATIENCE_MS)
  }
  const pidFileIsThere = await stat(launch.pidFile).then(
    () => true,
    () => false,
  )
  if (!pidFileIsThere) return
  const until = performance.now() + PATIENCE_MS
  while (await isWorkedIn(launch.folder)) {
    if (performance.now() > until) {
      throw new ArchError(
        `processes of a killed ${module.title} still work in ${launch.folder}`,
        'End them, and try again.',
      )
    }
    await sleep(20)
  }
  // Its process is gone and so are its children; left there, a later process with that number would block the start.
  await rm(launch.pidFile, { force: true })
}

/** The size of a log, which is emptied when it has grown too large. */
async function sizeOfLog(file: string): Promise<number> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size <= LARGEST_LOG_BYTES) return size
  await truncate(file)
  return 0
}

async function startOnce(home: Home, module: StoreModule, instance: Instance, note: Note): Promise<Instance> {
  const log = logFile(home, module.name)
  const place: NativePlace = {
    engines: engineFolder(home),
    data: dataFolder(home, module.name),
    port: instance.port,
    furtherPorts: instance.furtherPorts ?? {},
    account: home.account,
    secrets: instance.secrets,
  }
  const launch = await module.native.prepare(place, note)
  await clearRemains(launch, module, note)
  const from = await sizeOfLog(log)
  const process = await spawnDetached(launch, log, home.account)
  const running: Instance = { ...instance, process, stopSignal: launch.stopSignal }
  await writeInstance(home, running)
  const endpoint = module.endpointOf('native', instance.port, instance.secrets)
  await waitUntilReady(
    module,
    endpoint,
    instance.secrets,
    () => endOfFile({ file: log, from }),
    () => isAlive(process),
    note,
  )
  return running
}

/** Starts a native instance, or finds it running. @throws ArchError with the end of its log when it does not start */
export async function upNative(
  home: Home,
  module: StoreModule,
  known: Instance | undefined,
  env: Environment,
  note: Note,
): Promise<Instance> {
  const secrets = known?.secrets ?? newSecrets(module)
  let remembered = known?.port
  let further = known?.furtherPorts ?? {}
  await waitForOldPorts(known)
  for (let attempt = 1; ; attempt += 1) {
    const port = await choosePort(module, remembered, env, note)
    remembered = port
    further = await chooseFurtherPorts(module, further, port)
    const instance: Instance = {
      format: 1,
      store: module.name,
      provider: 'native',
      port,
      ...(module.native.furtherPorts === undefined ? {} : { furtherPorts: further }),
      secrets,
    }
    // Passwords first: a data directory without its passwords would be lost.
    await writeInstance(home, instance)
    try {
      return await startOnce(home, module, instance, note)
    } catch (error) {
      // Worth another try only when somebody took a port between the look and the start.
      const started = await readInstance(home, module.name)
      const portWasTaken = !(await isRunningNatively(started)) && !(await arePortsFree(instance))
      if (!portWasTaken || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

/** Ends a native instance in order. Answers whether there was one to end. */
export async function downNative(home: Home, instance: Instance): Promise<boolean> {
  const { process: running, stopSignal, ...stopped } = instance
  if (running === undefined) return false
  const end = await endProcess(running, stopSignal ?? 'SIGTERM', PATIENCE_MS)
  await writeInstance(home, stopped)
  return end !== 'gone'
}

/** Waits for an instance that is alive, which a killed `arch` may have left in the middle of its start. */
export async function rejoinNative(
  home: Home,
  module: StoreModule,
  instance: Instance,
  note: Note,
): Promise<void> {
  const endpoint = module.endpointOf('native', instance.port, instance.secrets)
  const alive = (): Promise<boolean> => isRunningNatively(instance)
  await waitUntilReady(
    module,
    endpoint,
    instance.secrets,
    () => endOfFile({ file: logFile(home, module.name), from: 0 }),
    alive,
    note,
  )
}
