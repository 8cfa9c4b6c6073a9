import { usageError } from '../../core/errors.ts'
import { suggestion } from '../../core/suggest.ts'

/**
 * The value of a flag that has a fixed set of them.
 * @throws ArchError (exit code 2) that suggests the nearest
 */
export function oneOf<Value extends string>(flag: string, text: string, values: readonly Value[]): Value {
  const value = values.find((candidate) => candidate === text)
  if (value === undefined)
    throw usageError(
      `${flag} '${text}' is unknown: ${suggestion(text, values)}`,
      `${flag} is ${values.join(', ')}`,
    )
  return value
}
