import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ArchError } from '../core/errors.ts'
import { lastLines } from './files.ts'
import { inTurn } from './in-turn.ts'
import { run } from './run.ts'

/** The folder of package.json, from src/machine and dist/machine alike. */
const PACKAGE_ROOT = join(import.meta.dirname, '..', '..')
const ANSWER_MS = 5_000

/** A way to run `docker compose`: the plugin, or the older program of that name. */
export interface Compose {
  readonly file: string
  readonly args: readonly string[]
}

/** The version of the daemon that answers, or why none does. */
export async function dockerDaemon(): Promise<{ version: string } | { problem: string }> {
  const { code, stdout, stderr } = await run('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: ANSWER_MS,
  })
  if (code === 0) return { version: stdout.trim() }
  return { problem: code === undefined ? 'docker is not installed' : lastLines(stderr, 1) }
}

/** @throws ArchError when neither `docker compose` nor `docker-compose` is there */
export async function findCompose(): Promise<Compose> {
  if ((await run('docker', ['compose', 'version'])).code === 0) return { file: 'docker', args: ['compose'] }
  if ((await run('docker-compose', ['version'])).code === 0) return { file: 'docker-compose', args: [] }
  throw new ArchError('Docker has no compose', 'Install the Docker Compose plugin, or use --provider native.')
}

function composeArguments(
  tool: Compose,
  project: string,
  variables: string,
  args: readonly string[],
): string[] {
  const file = join(PACKAGE_ROOT, 'docker-compose.yml')
  return [...tool.args, '-f', file, '--project-name', project, '--env-file', variables, ...args]
}

/** What compose and its user agree on goes by the file alone: compose would let a variable of the shell win over it. */
function composeEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ARCH_')))
}

/** What a compose command prints, as it prints it, until it ends or `signal` aborts. */
export async function* composeOutput(
  tool: Compose,
  project: string,
  variables: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  const child = spawn(tool.file, composeArguments(tool, project, variables, args), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: composeEnvironment(),
  })
  const end = (): void => void child.kill()
  signal?.addEventListener('abort', end, { once: true })
  child.stdout.setEncoding('utf8')
  try {
    for await (const chunk of child.stdout) yield String(chunk)
  } finally {
    signal?.removeEventListener('abort', end)
    end()
  }
}

/** Two composes at once each make the network of a project that has none, and its name is ambiguous from then on. */
const composeInTurn = inTurn()

/**
 * Runs compose over the package's docker-compose.yml; those of one process take turns.
 * @param project tells the containers and volumes of one home from those of another
 * @param variables a file of them, readable by its owner alone: they hold passwords
 * @throws ArchError with the end of what compose said
 */
export async function compose(
  tool: Compose,
  project: string,
  variables: string,
  args: readonly string[],
): Promise<void> {
  const { code, stderr } = await composeInTurn(() =>
    run(tool.file, composeArguments(tool, project, variables, args), { env: composeEnvironment() }),
  )
  if (code === 0) return
  throw new ArchError(
    `docker compose ${args[0]} failed: ${lastLines(stderr, 5)}`,
    'Check that the daemon runs and can pull the image.',
  )
}

/** Whether a service has a container that runs; `unknown` when no daemon answers. */
export async function containerState(
  project: string,
  service: string,
): Promise<'running' | 'gone' | 'unknown'> {
  const label = (name: string, value: string): string[] => [
    '--filter',
    `label=com.docker.compose.${name}=${value}`,
  ]
  const args = ['ps', '--quiet', ...label('project', project), ...label('service', service)]
  const { code, stdout } = await run('docker', args, { timeoutMs: ANSWER_MS })
  if (code !== 0) return 'unknown'
  return stdout.trim() === '' ? 'gone' : 'running'
}

/** Removes the network of a project that no container is left of: Docker has addresses for about thirty of them. */
export async function removeUnusedNetwork(project: string): Promise<void> {
  await run('docker', ['network', 'rm', `${project}_default`])
}

/** Removes a named volume; nothing happens when there is none. @throws ArchError when it is still there */
export async function removeVolume(name: string): Promise<void> {
  const { code, stderr } = await run('docker', ['volume', 'rm', '--force', name])
  if (code === 0) return
  throw new ArchError(
    `the volume ${name} cannot be removed: ${lastLines(stderr, 1)}`,
    'Start Docker, and end what uses that volume.',
  )
}
