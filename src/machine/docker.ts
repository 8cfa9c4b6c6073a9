import { join } from 'node:path'
import { ArchError } from '../core/errors.ts'
import { lastLines } from './files.ts'
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

/**
 * Runs compose over the package's docker-compose.yml.
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
  const file = join(PACKAGE_ROOT, 'docker-compose.yml')
  const all = [...tool.args, '-f', file, '--project-name', project, '--env-file', variables, ...args]
  const { code, stderr } = await run(tool.file, all)
  if (code === 0) return
  throw new ArchError(
    `docker compose ${args[0]} failed: ${lastLines(stderr, 5)}`,
    'Check that the daemon runs and can pull the image.',
  )
}

/** Removes a named volume of a project; nothing happens when there is none. */
export async function removeVolume(name: string): Promise<void> {
  await run('docker', ['volume', 'rm', '--force', name])
}
