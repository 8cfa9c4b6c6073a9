import { rm, stat } from 'node:fs/promises'
import type { StoreModule } from '../core/store-module.ts'
import { ArchError } from '../core/errors.ts'
import type { Environment } from '../machine/account.ts'
import { engineFolder } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { isPortFree } from '../machine/port.ts'
import type { Check } from './doctor-check.ts'
import { nodesOf, readInstance, topologyOf, withNode, writeInstance } from './instance.ts'
import type { Instance } from './instance.ts'
import { hostsOf, isNodeAlive, isRunningNatively, nodeFiles } from './nodes.ts'
import { insistedPort } from './ports.ts'
import { storeStatus } from './status.ts'
import { containerDied, downDocker, lookForDocker } from './up-docker.ts'

/** What to look at, and whether to mend it. */
interface Settings {
  readonly env: Environment
  readonly fix: boolean
}

async function engineCheck(home: Home, module: StoreModule, env: Environment): Promise<Check> {
  const name = `${module.title} engine`
  if (env[module.urlVariable]) return { name, state: 'ok', found: `${module.urlVariable} is set` }
  const native = await module.native.look(engineFolder(home))
  if (native.available) return { name, state: 'ok', found: `native: ${native.reason}` }
  const docker = await lookForDocker(module)
  if (docker.available) return { name, state: 'ok', found: `docker: ${docker.reason}` }
  return {
    name,
    state: module.isOptional === true ? 'warning' : 'problem',
    found: native.reason,
    remedy: `${native.remedy}; or ${docker.remedy}; or set ${module.urlVariable}`,
  }
}

async function portCheck(
  home: Home,
  module: StoreModule,
  instance: Instance | undefined,
  env: Environment,
): Promise<Check> {
  const name = `${module.title} port`
  const insisted = insistedPort(module, env)
  const port = insisted ?? instance?.port
  if (port === undefined) return { name, state: 'ok', found: 'a free one is chosen at the first start' }
  const runs =
    instance?.container === true
      ? !(await containerDied(home, module, instance))
      : await isRunningNatively(instance)
  if (runs && instance?.port === port) return { name, state: 'ok', found: `${port}, in use by our instance` }
  if (await isPortFree(port)) return { name, state: 'ok', found: `${port}, free` }
  const found = `${port} is taken by something else`
  if (insisted === undefined)
    return { name, state: 'warning', found, remedy: 'nothing: the next start takes another one' }
  return { name, state: 'problem', found, remedy: `end what listens there, or change ${module.portVariable}` }
}

/** What of an instance was started, was never stopped, and has ended all the same. */
async function whatDied(
  home: Home,
  module: StoreModule,
  instance: Instance | undefined,
): Promise<string | undefined> {
  if (instance === undefined) return undefined
  if (await containerDied(home, module, instance)) return 'its container'
  const died: number[] = []
  for (const node of nodesOf(instance))
    if (node.process !== undefined && !(await isNodeAlive(node))) died.push(node.process.pid)
  if (died.length === 0) return undefined
  return `${died.length === 1 ? 'process' : 'processes'} ${died.join(', ')}`
}

/** Forgets a process or container that has died, and removes what it or an interrupted start left; the data stays. */
async function mend(
  home: Home,
  module: StoreModule,
  instance: Instance | undefined,
  halves: readonly string[],
): Promise<void> {
  for (const half of halves) await rm(half, { recursive: true, force: true })
  if (instance?.container === true && (await containerDied(home, module, instance)))
    await downDocker(home, module, instance)
  if (instance === undefined || instance.container === true) return
  let mended = instance
  for (const [index, node] of nodesOf(instance).entries())
    if (!(await isNodeAlive(node))) mended = withNode(mended, index, { ...node, process: undefined })
  await writeInstance(home, mended)
}

/** The half-made data directories that an interrupted start has left. */
async function halvesOf(
  home: Home,
  module: StoreModule,
  instance: Instance | undefined,
): Promise<readonly string[]> {
  const topology = instance === undefined ? 'single' : topologyOf(instance)
  const halves = (hostsOf(module, topology) ?? []).map(
    (_, index) => `${nodeFiles(home, module, topology, index).data}.half`,
  )
  const sizes = await Promise.all(halves.map((half) => stat(half).catch(() => undefined)))
  return halves.filter((_, index) => sizes[index] !== undefined)
}

async function stateCheck(
  home: Home,
  module: StoreModule,
  instance: Instance | undefined,
  fix: boolean,
): Promise<Check> {
  const name = `${module.title} state`
  const halves = await halvesOf(home, module, instance)
  const died = await whatDied(home, module, instance)
  if (died === undefined && halves.length === 0)
    return { name, state: 'ok', found: instance === undefined ? 'never started' : 'consistent' }
  const found = died === undefined ? `${halves.join(', ')} was left by an interrupted start` : `${died} died`
  if (!fix)
    return { name, state: 'warning', found, remedy: 'arch doctor --fix (the next arch up recovers as well)' }
  await mend(home, module, instance, halves)
  return { name, state: 'ok', found: `${found}: cleared`, fixed: true }
}

async function liveCheck(home: Home, module: StoreModule, env: Environment): Promise<Check> {
  const name = `${module.title} answers`
  const status = await storeStatus(home, module.name, env)
  if (status.facts !== undefined) {
    const { version, acknowledgedSurvives } = status.facts
    const { nodes = [] } = status
    const answering = nodes.filter(({ state }) => state === 'answers').length
    const whole = nodes.length === 0 ? '' : `, ${answering} of ${nodes.length} nodes of ${status.topology}`
    const where = `${status.provider} at ${status.host}:${status.port}${whole}`
    if (answering < nodes.length) {
      return {
        name,
        state: 'warning',
        found: `${version}, ${where}`,
        remedy: 'arch up starts those that died',
      }
    }
    return {
      name,
      state: 'ok',
      found: `${version}, ${where}; an acknowledged write survives: ${acknowledgedSurvives}`,
    }
  }
  if (status.state === 'silent') {
    return {
      name,
      state: 'problem',
      found: status.problem ?? 'no',
      remedy: `arch logs ${module.name}; arch down; arch up`,
    }
  }
  return { name, state: 'ok', found: `not running (${status.state})` }
}

/** The engine, the port, the state and the live instance of one store. */
export async function storeChecks(
  home: Home,
  module: StoreModule,
  settings: Settings,
): Promise<readonly Check[]> {
  try {
    const instance = await readInstance(home, module.name)
    return [
      await engineCheck(home, module, settings.env),
      await portCheck(home, module, instance, settings.env),
      await stateCheck(home, module, instance, settings.fix),
      await liveCheck(home, module, settings.env),
    ]
  } catch (error) {
    if (!(error instanceof ArchError)) throw error
    return [{ name: module.title, state: 'problem', found: error.message, remedy: error.hint }]
  }
}
