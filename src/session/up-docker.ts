import { dirname, join } from 'node:path'
import type { Availability, Note, StoreModule } from '../core/store-module.ts'
import type { Environment } from '../machine/account.ts'
import { compose, composeOutput, dockerDaemon, findCompose, removeVolume } from '../machine/docker.ts'
import { readIfThere, writeFileAtomic } from '../machine/files.ts'
import { logFile, stateFile } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { newSecrets, writeInstance } from './instance.ts'
import type { Instance } from './instance.ts'
import { waitUntilReady } from './ready.ts'
import { choosePort } from './up-native.ts'

function projectOf(home: Home): string {
  return `arch-${home.id}`
}

function variablesFile(home: Home, module: StoreModule): string {
  return join(dirname(stateFile(home, module.name)), 'docker.env')
}

/** Whether a daemon answers. */
export async function lookForDocker(): Promise<Availability> {
  const daemon = await dockerDaemon()
  if ('version' in daemon) return { available: true, reason: `Docker ${daemon.version} answers` }
  return { available: false, reason: daemon.problem, remedy: 'start Docker' }
}

/** Starts a container, or finds it running: compose changes nothing then. */
export async function upDocker(
  home: Home,
  module: StoreModule,
  known: Instance | undefined,
  env: Environment,
  note: Note,
): Promise<Instance> {
  const tool = await findCompose()
  const wasStarted = known?.container === true
  const port = wasStarted ? known.port : await choosePort(module, known?.port, env, note)
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
  const variables = Object.entries(module.docker.variables(port, secrets))
  const file = variablesFile(home, module)
  await writeFileAtomic(file, variables.map(([name, value]) => `${name}=${value}\n`).join(''), 0o600)
  if (!wasStarted) note(`starting ${module.title} with docker compose (the image is pulled on first use)`)
  await compose(tool, projectOf(home), file, ['up', '--detach', module.docker.service])
  const endpoint = module.endpointOf('docker', port, secrets)
  await waitUntilReady(
    module,
    endpoint,
    secrets,
    { file: logFile(home, module.name), from: 0 },
    async () => true,
    note,
  )
  return instance
}

/** Removes the container; its volume stays until `removeDockerData`. Answers whether there was one. */
export async function downDocker(home: Home, module: StoreModule, instance: Instance): Promise<boolean> {
  if (instance.container !== true) return false
  const file = variablesFile(home, module)
  await compose(await findCompose(), projectOf(home), file, [
    'rm',
    '--stop',
    '--force',
    module.docker.service,
  ])
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
    [...args, module.docker.service],
    follow,
  )
}

/** Removes the named volume of a store whose container is gone, if it ever had one. */
export async function removeDockerData(home: Home, module: StoreModule): Promise<void> {
  if ((await readIfThere(variablesFile(home, module))) === undefined) return
  await removeVolume(`${projectOf(home)}_${module.docker.service}-data`)
}
