import { createHash, randomBytes } from 'node:crypto'
import { chown, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServiceAccount } from '../core/store-module.ts'
import type { Java } from './java.ts'
import { run } from './run.ts'

const FINISHED = 'classes.jsa'
const NEW = /^new-.*\.jsa$/

/** Whether the Java can map this archive over these jars, all of it: it may have died in the middle of writing it. */
async function isWhole(java: Java, jars: readonly string[], file: string): Promise<boolean> {
  const options = ['-Xshare:on', '-XX:+VerifySharedSpaces', `-XX:SharedArchiveFile=${file}`]
  // A Java that finds half a file dies of it, and would leave a report and its memory in our folder.
  options.push('-XX:-CreateCoredumpOnCrash', '-XX:ErrorFile=/dev/null')
  const { code } = await run(java.file, [...options, '-cp', jars.join(':'), '-version'])
  return code === 0
}

/** Makes the first whole archive that some run has left the one that all use. Two at once do the same. */
async function adopt(java: Java, jars: readonly string[], folder: string): Promise<string | undefined> {
  const finished = join(folder, FINISHED)
  for (const name of (await readdir(folder)).filter((name) => NEW.test(name))) {
    const file = join(folder, name)
    if (await isWhole(java, jars, file)) await rename(file, finished).catch(() => undefined)
    else await rm(file, { force: true })
  }
  return stat(finished).then(
    () => finished,
    () => undefined,
  )
}

/**
 * The options by which a Java program that is run with `jars` starts from an archive of its classes, in about half the
 * time. The first run that ends in order writes it, at its end; those until then start without.
 * @param folder of the jars: they and the archive go together
 * @param writes whether this run is to write it: of several that end together, one does
 */
export async function classArchiveOptions(
  java: Java,
  jars: readonly string[],
  folder: string,
  account: ServiceAccount | undefined,
  writes = true,
): Promise<readonly string[]> {
  // An archive is of no use to another Java, or where its jars have moved.
  const places = createHash('sha256').update(`${java.home}\n${folder}`).digest('hex').slice(0, 12)
  const archives = join(folder, `classes-${java.version}-${places}`)
  await mkdir(archives, { recursive: true })
  if (account !== undefined) await chown(archives, account.uid, account.gid)
  const archive = await adopt(java, jars, archives)
  if (archive !== undefined) return [`-XX:SharedArchiveFile=${archive}`]
  if (!writes) return []
  return [`-XX:ArchiveClassesAtExit=${join(archives, `new-${randomBytes(6).toString('hex')}.jsa`)}`]
}
