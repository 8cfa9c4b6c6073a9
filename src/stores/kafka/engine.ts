import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ArchError } from '../../core/errors.ts'
import type { Availability, Note, ServiceAccount } from '../../core/store-module.ts'
import { findJava, isJava } from '../../machine/java.ts'
import type { Java } from '../../machine/java.ts'
import { MAVEN_REMEDY, fetchJars, hasMaven, pomOf } from '../../machine/maven.ts'

/** What pom.xml pins, and docker-compose.yml too. */
export const VERSION = '4.4.0'
/** Kafka 4 runs on Java 17 and newer. */
const OLDEST_JAVA = 17
const JARS_TEXT = `Kafka ${VERSION} (43 MB)`

/** A Kafka that can be run. */
export interface Engine {
  readonly java: Java
  /** Its folder, without symbolic links: the class archive knows the jars by their paths. */
  readonly folder: string
  /** In the order of their names, for the same reason. */
  readonly jars: readonly string[]
}

function jarFolder(engines: string): string {
  return join(engines, `kafka-${VERSION}`)
}

/** What would be run; changes nothing. */
export async function lookForKafka(engines: string): Promise<Availability> {
  const java = await findJava({ min: OLDEST_JAVA })
  if (!isJava(java)) return { available: false, ...java }
  const isFetched = await stat(jarFolder(engines)).then(
    () => true,
    () => false,
  )
  if (isFetched) return { available: true, reason: `Kafka ${VERSION}, fetched, on Java ${java.version}` }
  if (await hasMaven())
    return { available: true, reason: `Kafka ${VERSION} by Maven, on Java ${java.version}` }
  return {
    available: false,
    reason: `no mvn on PATH to fetch Kafka ${VERSION} with`,
    remedy: MAVEN_REMEDY,
  }
}

/**
 * Kafka's jars, fetched on first use, and a Java that `account` can run.
 * @throws ArchError that names the remedies
 */
export async function usableKafka(
  engines: string,
  account: ServiceAccount | undefined,
  note: Note,
): Promise<Engine> {
  const java = await findJava({ min: OLDEST_JAVA, account })
  if (!isJava(java)) throw new ArchError(`Kafka ${VERSION} cannot run: ${java.reason}`, `Do: ${java.remedy}.`)
  await fetchJars(pomOf('kafka'), jarFolder(engines), JARS_TEXT, note)
  const folder = await realpath(jarFolder(engines))
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jar')).sort()
  return { java, folder, jars: names.map((name) => join(folder, name)) }
}
