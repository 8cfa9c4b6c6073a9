const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

/**
 * The name of a database, a table or a column, quoted.
 * @throws Error for what is no name: text would reach further than its caller meant
 */
export function quoted(name: string): string {
  if (NAME.test(name)) return `\`${name}\``
  throw new Error(`'${name}' is no name in ClickHouse: letters, digits and _ only, 128 at most`)
}
