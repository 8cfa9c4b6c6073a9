import { dirname, join } from 'node:path'
import { ArchError } from '../core/errors.ts'
import type { Availability, DockerService, Note, StoreModule } from '../core/store-module.ts'
import type { Environment } from '../machine/account.ts'
import {
  compose,
  composeOutput,
  containerState,
  dockerDaemon,
  findCompose,
  removeUnusedNetwork,
  removeVolume,
} from '../machine/docker.ts'
import { lastLines, readIfThere, writeFileAtomic } from '../machine/files.ts'
import { stateFile } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { newSecrets, writeInstance } from './instance.ts'
import type { Instance } from './instance.ts'
import { waitUntilReady } from './ready.ts'
import { choosePort } from './ports.ts'

/** Of the log of a container that ended: its two streams come in no order, so the cause may stand before the last. */
const END_LINES = 10

function projectOf(home: Home): string {
  return `arch-${home.id}`
}

function variablesFile(home: Home, module: StoreModule): string {
  return join(dirname(stateFile(home, module.name)), 'docker.env')
}

/** @throws ArchError for a store that docker-compose.yml has no service for */
function serviceOf({ title, docker, urlVariable }: StoreModule): DockerService {
  if (docker !== undefined) return docker
  throw new ArchError(`${title} has no container`, `Use --provider native, or set ${urlVariable}.`)
}

/** Whether a daemon answers, and there is a container of the store. */
export async function lookForDocker({ title, docker }: StoreModule): Promise<Availability> {
  if (docker === undefined)
    return { available: false, reason: `${title} has no container`, remedy: 'use --provider native' }
  const daemon = await dockerDaemon()
  if ('version' in daemon) return { available: true, reason: `Docker ${daemon.version} answers` }
  return { available: false, reason: daemon.problem, remedy: 'start Docker' }
}

/** Whether an instance was started in a container and that container is gone; false when no daemon can be asked. */
export async function containerDied(home: Home, module: StoreModule, instance: Instance): Promise<boolean> {
  if (instance.container !== true) return false
  return (await containerState(projectOf(home), serviceOf(module).service)) === 'gone'
}

async function endOfLog(home: Home, module: StoreModule): Promise<string> {
  let text = ''
  for await (const chunk of dockerLogs(home, module, END_LINES, undefined)) text += chunk
  return lastLines(text, END_LINES)
}

/** Compose, or nothing left of it: what never started must not pass for running. */
async function startContainer(
  home: Home,
  module: StoreModule,
  instance: Instance,
  isNew: boolean,
): Promise<void> {
  const args = ['up', '--detach', serviceOf(module).service]
  try {
    await compose(await findCompose(), projectOf(home), variablesFile(home, module), args)
  } catch (error) {
    if (isNew) await downDocker(home, module, instance).catch(() => undefined)
    throw error
  }
}

/** Starts a container, or finds it running: compose changes nothing then. */
export async function upDocker(
  home: Home,
  module: StoreModule,
  known: Instance | undefined,
  env: Environment,
  note: Note,
): Promise<Instance> {
  const wasStarted = known?.container === true
  const runs = wasStarted && !(await containerDied(home, module, known))
  const port = runs ? known.port : await choosePort(module, known?.port, env, note)
  const secrets = known?.secrets ?? newSecrets(module)
  const instance: Instance = {
    format: 1,
    store: module.name,
    provider: 'docker',
    port,
    secrets,
    container: true,
  }
  await writeInstance(home, instance)
  const variables = Object.entries(serviceOf(module).variables(port, secrets))
  const file = variablesFile(home, module)
  await writeFileAtomic(file, variables.map(([name, value]) => `${name}=${value}\n`).join(''), 0o600)
  if (!runs) note(`starting ${module.title} with docker compose (the image is pulled on first use)`)
  await startContainer(home, module, instance, !wasStarted)
  const endpoint = module.endpointOf('docker', port, secrets)
  await waitUntilReady(
    module,
    endpoint,
    secrets,
    () => endOfLog(home, module),
    async () => !(await containerDied(home, module, instance)),
    note,
  )
  return instance
}

async function removeContainer(home: Home, module: StoreModule): Promise<void> {
  const args = ['rm', '--stop', '--force', serviceOf(module).service]
  await compose(await findCompose(), projectOf(home), variablesFile(home, module), args)
  await removeUnusedNetwork(projectOf(home))
}

/** Removes the container; its volume stays until `removeDockerData`. Answers whether there was one. */
export async function downDocker(home: Home, module: StoreModule, instance: Instance): Promise<boolean> {
  if (instance.container !== true) return false
  await removeContainer(home, module)
  const { container: _, ...stopped } = instance
  await writeInstance(home, stopped)
  return true
}

/** The end of a container's log, and what is added to it while `follow` lasts. */
export async function* dockerLogs(
  home: Home,
  module: StoreModule,
  lines: number,
  follow: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  const tool = await findCompose()
  const args = ['logs', '--no-color', '--tail', String(lines), ...(follow === undefined ? [] : ['--follow'])]
  yield* composeOutput(
    tool,
    projectOf(home),
    variablesFile(home, module),
    [...args, serviceOf(module).service],
    follow,
  )
}

/**
 * Removes the named volume of a store, if it ever had one, and a container that its state file says nothing of.
 * @throws ArchError when the volume is still there
 */
export async function removeDockerData(home: Home, module: StoreModule): Promise<void> {
  if ((await readIfThere(variablesFile(home, module))) === undefined) return
  await removeContainer(home, module)
  await removeVolume(`${projectOf(home)}_${serviceOf(module).service}-data`)
}
