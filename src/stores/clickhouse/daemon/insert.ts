const WITH_FORMAT = /^(\s*INSERT\s+INTO\s.*?)(\s+SETTINGS\s.*?)?\s+(FORMAT\s+(?!VALUES\b)\w+)\s*;?\s*$/is
const QUERY = /\b(SELECT|VALUES|WITH|INFILE)\b/i

/** A text as ClickHouse's own string. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/**
 * The same INSERT with its rows in `file`, or undefined where the text does not end in a FORMAT, for rows that follow.
 * Rows within a text would be read up to the first empty line of it, which binary ones may hold, and at half the speed.
 */
export function fromFile(text: string, file: string): string | undefined {
  const [, head, settings = '', format] = WITH_FORMAT.exec(text) ?? []
  if (head === undefined || format === undefined || QUERY.test(head)) return undefined
  return `${head} FROM INFILE ${literal(file)} COMPRESSION 'none'${settings} ${format}`
}

/** Whether a text takes its rows by `input()`: the engine would run it with none, and say that all went well. */
export function readsInput(text: string): boolean {
  return /^\s*INSERT\b.*\binput\s*\(/is.test(text)
}
