import { Serializer, errors } from '@elastic/elasticsearch'

/** An integer outside quotes that a double may not hold. Ids within strings do not match. */
const LARGE_INTEGER = /[[:,]-?\d{16,}[,\]}]/

// Its own text is what JSON.parse hands to a reviver beside the value; TypeScript does not know of it yet.
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

function exact(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined || !/^-?\d+$/.test(source)) return value
  return Number.isSafeInteger(value) ? value : BigInt(source)
}

function raw(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? rawJSON(String(value)) : value
}

/** JSON in which a `bigint` is a number with all its digits. */
export function toJson(value: object): string {
  return JSON.stringify(value, raw)
}

/** The value of a JSON text; integers that a double cannot hold are `bigint` (law 9). */
function fromJson(text: string): unknown {
  return LARGE_INTEGER.test(text) ? parse(text, exact) : JSON.parse(text)
}

const sizes = new WeakMap<object, number>()

/** The characters of the text that a body was parsed from or written to; 0 where there was none. */
export function sizeOf(body: unknown): number {
  return typeof body === 'object' && body !== null ? (sizes.get(body) ?? 0) : 0
}

/** The driver's JSON, exact, and with the size of every body kept for `sizeOf`. */
export class ExactSerializer extends Serializer {
  override serialize(body: unknown): string {
    if (typeof body !== 'object' || body === null) return JSON.stringify(body)
    const text = toJson(body)
    sizes.set(body, text.length)
    return text
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the driver's own signature
  override deserialize<Body = unknown>(text: string): Body {
    try {
      const body = fromJson(text)
      if (typeof body === 'object' && body !== null) sizes.set(body, text.length)
      return body as Body
    } catch (error) {
      throw new errors.DeserializationError(error instanceof Error ? error.message : String(error), text)
    }
  }
}
