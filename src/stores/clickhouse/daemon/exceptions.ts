/** An exception as ClickHouse says it: `Code: 60. DB::Exception: ... (UNKNOWN_TABLE)`. */
export class Exception extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** The status that ClickHouse's own server answers with an exception; 500 with any other. */
const STATUS: Readonly<Record<number, number>> = {
  ...Object.fromEntries(
    // What the caller wrote wrong: values, literals, syntax, types.
    [6, 26, 27, 36, 38, 41, 43, 53, 62, 69, 72, 117, 131, 130, 321, 352, 441, 442, 456, 457].map((code) => [
      code,
      400,
    ]),
  ),
  // What is not there: columns, functions, tables, databases, settings, types.
  ...Object.fromEntries([16, 46, 47, 50, 56, 60, 81, 107, 115, 391].map((code) => [code, 404])),
  192: 403,
  193: 403,
  194: 401,
  497: 403,
  516: 403,
  48: 501,
  159: 408,
  202: 503,
  209: 503,
  229: 413,
  373: 409,
}

/** The status of an exception's answer. */
export function statusOf(code: number): number {
  return STATUS[code] ?? 500
}

/** An exception of our own, in the engine's words. */
export function exception(code: number, type: string, message: string): Exception {
  return new Exception(code, `Code: ${code}. DB::Exception: ${message}. (${type})`)
}

/** What the engine threw, with its code; 1001 (STD_EXCEPTION) where it says none. */
export function asException(error: unknown): Exception {
  if (error instanceof Exception) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = /Code: (\d+)/.exec(message)?.[1]
  if (code === undefined) return exception(1001, 'STD_EXCEPTION', message)
  const said = message.slice(message.indexOf('Code: '))
  // Rows come from a file of ours, which is nobody's business.
  const plain = said
    .replace(/^(Code: \d+\. DB::Exception: )\1/, '$1')
    .replace(/\s*: \(in file\/uri [^)]*\)/, '')
  return new Exception(Number(code), plain)
}
