import {
  commentsTable,
  followsTable,
  likesTable,
  postsTable,
  settingsTable,
  usersTable,
} from './shared-tables.ts'
import type { SeedSource } from './shared-tables.ts'
import type { SeedTable } from '../../../patterns/seed/table.ts'

/** The text's own tables, users first: their settings refer to them. */
export function asWrittenTables(source: SeedSource): readonly SeedTable[] {
  return [
    usersTable(source),
    settingsTable(source),
    followsTable(source),
    likesTable(source, 'likes'),
    postsTable(source),
    commentsTable(source),
  ]
}
