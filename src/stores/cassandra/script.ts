/** What of a text is not to be looked into: strings, quoted names, functions' bodies; and comments. */
const OPAQUE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\$[\s\S]*?\$\$|--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|;/g

function isComment(part: string): boolean {
  return part.startsWith('--') || part.startsWith('//') || part.startsWith('/*')
}

/**
 * The statements of a CQL text, without comments and without their semicolons: the protocol takes one at a time.
 * A BATCH is several statements here: write none into a script.
 */
export function statementsOf(text: string): readonly string[] {
  const statements: string[] = []
  let statement = ''
  let from = 0
  const end = (): void => {
    if (statement.trim() !== '') statements.push(statement.trim())
    statement = ''
  }
  for (const found of text.matchAll(OPAQUE)) {
    const [part] = found
    statement += text.slice(from, found.index)
    from = found.index + part.length
    if (part === ';') end()
    else statement += isComment(part) ? ' ' : part
  }
  statement += text.slice(from)
  end()
  return statements
}
