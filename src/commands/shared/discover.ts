import { readdirSync } from 'node:fs'
import type { CommandModule } from '../command.ts'

const FOLDER = new URL('../', import.meta.url)
const FILE = /^([a-z]+)\.(?:ts|js)$/

/** The names of all commands: one file of one word in src/commands each; `command.ts` is their contract. */
export function commandNames(): string[] {
  return readdirSync(FOLDER)
    .flatMap((file) => FILE.exec(file)?.[1] ?? [])
    .filter((name) => name !== 'command')
    .toSorted()
}

/** Loads one command, from src/*.ts or from dist/*.js alike. */
export async function loadCommand(name: string): Promise<CommandModule> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const module = (await import(new URL(`${name}.${extension}`, FOLDER).href)) as { command: CommandModule }
  return module.command
}
