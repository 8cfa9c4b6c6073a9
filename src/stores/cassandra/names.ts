import { ArchError } from '../../core/errors.ts'

const NAME = /^[a-z][a-z0-9_]{0,47}$/

/** A name of a keyspace that needs no quotes, for statements that take no parameters. @throws ArchError where it is none */
export function keyspaceName(name: string): string {
  if (NAME.test(name)) return name
  throw new ArchError(
    `'${name}' is no name for a keyspace`,
    'Use small letters, digits and _, 48 at most, a letter first.',
  )
}
