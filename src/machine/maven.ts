import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ArchError } from '../core/errors.ts'
import type { Note } from '../core/store-module.ts'
import { madeOnce } from './made-once.ts'
import { programsOnPath } from './programs.ts'
import { run } from './run.ts'

/** The folder of package.json, from src/machine and dist/machine alike. */
const PACKAGE_ROOT = join(import.meta.dirname, '..', '..')
/** The plugin that the poms pin too: here for an artifact that has no pom. */
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'
const NOTE_EVERY_MS = 5_000
const KEPT_LINES = 50
const REMEDY =
  'Check that Maven reaches its repository (its settings.xml names mirrors and proxies), or use --provider docker.'

/** How to get Maven, for the remedies of engines that come by it. */
export const MAVEN_REMEDY = 'install Maven 3.6 or newer'

/** The pom of a store's native engine, beside its sources, from a checkout and from a package alike. */
export function pomOf(store: string): string {
  return join(PACKAGE_ROOT, 'src', 'stores', store, 'pom.xml')
}

/** Whether the user has a Maven. */
export async function hasMaven(): Promise<boolean> {
  return (await programsOnPath('mvn')).length > 0
}

function problemIn(lines: readonly string[]): string {
  const errors = lines.filter((line) => line.startsWith('[ERROR]')).map((line) => line.slice(8).trim())
  const cause = errors.find((line) => line !== '') ?? lines.at(-1) ?? 'it said nothing'
  // Maven says it with the whole chain of causes in one line, and then how to ask for more of it.
  return cause.length > 400 ? `${cause.slice(0, 400)} ...` : cause
}

/** Runs Maven, with a note now and then on what it has downloaded. @throws ArchError with what it said was wrong */
async function maven(args: readonly string[], what: string, note: Note, cwd?: string): Promise<void> {
  const child = spawn('mvn', ['--batch-mode', '-Dstyle.color=never', ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | undefined>((resolve) => {
    child.once('error', () => resolve(undefined))
    child.once('close', (code) => resolve(code ?? -1))
  })
  const lines: string[] = []
  const keep = (line: string): void => {
    lines.push(line)
    if (lines.length > KEPT_LINES) lines.shift()
  }
  createInterface(child.stderr).on('line', keep)
  let files = 0
  let saidAt = performance.now()
  createInterface(child.stdout).on('line', (line) => {
    if (line.includes('Downloaded from')) files += 1
    else if (!line.includes('Downloading from') && !line.includes('Progress')) keep(line)
    if (files > 0 && performance.now() - saidAt > NOTE_EVERY_MS) {
      saidAt = performance.now()
      note(`fetching ${what}: ${files} files so far`)
    }
  })
  const code = await ended
  if (code === 0) return
  if (code === undefined)
    throw new ArchError(`${what} comes by Maven, and there is no mvn on PATH`, `Do: ${MAVEN_REMEDY}.`)
  throw new ArchError(`Maven could not fetch ${what}: ${problemIn(lines)}`, REMEDY)
}

/**
 * Resolves the runtime dependencies of a pom into `folder` as jars, by the user's own Maven, settings and cache
 * included. Nothing happens when the folder is there: name it after what the pom pins.
 * @param pom see `pomOf`; it pins every version, that of maven-dependency-plugin too
 * @param what for people, e.g. `Kafka 4.4.0 (43 MB)`
 * @throws ArchError when there is no Maven, no way to its repository, or no room
 */
export async function fetchJars(pom: string, folder: string, what: string, note: Note): Promise<void> {
  await madeOnce(folder, async (half) => {
    note(`fetching ${what} by Maven`)
    const goal = 'dependency:copy-dependencies'
    await maven(['-f', pom, goal, `-DoutputDirectory=${half}`, '-DincludeScope=runtime'], what, note)
    return half
  })
}

/**
 * Fetches one archive, without what it depends on, and puts the one folder that it holds at `folder`. Nothing happens
 * when the folder is there: name it after the version.
 * @param coordinates `group:artifact:version:type`, e.g. `org.example:server:1.2.3:zip`
 * @throws ArchError as `fetchJars`
 */
export async function fetchArchive(
  coordinates: string,
  folder: string,
  what: string,
  note: Note,
): Promise<void> {
  await madeOnce(folder, async (half) => {
    note(`fetching ${what} by Maven`)
    const unpacked = join(half, 'unpacked')
    const args = [`${DEPENDENCY_PLUGIN}:unpack`, `-Dartifact=${coordinates}`, `-DoutputDirectory=${unpacked}`]
    // The plugin marks what it has unpacked in a folder of the directory that it runs in.
    await maven(args, what, note, half)
    const [name] = await readdir(unpacked).catch(() => [])
    if (name === undefined) throw new ArchError(`Maven found nothing for ${what} (${coordinates})`, REMEDY)
    const made = join(unpacked, name)
    // Whatever our umask is, engines are run by an account of their own.
    await run('chmod', ['-R', 'a+rX', made])
    return made
  })
}
