import type { PostgresQueries, Statement } from '../../stores/postgres/client.ts'

/** Each object of a schema by name ("column posts.caption"), with all that its declaration decided. */
export type Catalog = ReadonlyMap<string, string>

// Partitions inherit columns, indexes and constraints, so theirs are left out; a partition is told by its bounds.
const CATALOG: Statement = {
  name: 'schema_catalog',
  text: `WITH tables AS (
  SELECT c.oid, c.relname, c.relkind, c.reloptions FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
)
SELECT 'table ' || relname AS object,
  concat_ws(' ', 'table', 'partitioned by ' || pg_get_partkeydef(oid), 'with ' || array_to_string(reloptions, ', ')) AS definition
FROM tables
UNION ALL
SELECT 'column ' || t.relname || '.' || a.attname,
  concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
    'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), CASE a.attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY' END)
FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
UNION ALL
SELECT 'constraint ' || t.relname || '.' || k.conname,
  pg_get_constraintdef(k.oid) || CASE WHEN k.convalidated THEN '' ELSE ' NOT VALID' END
FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.conparentid = 0 AND k.contype IN ('p', 'u', 'c', 'f')
UNION ALL
SELECT 'index ' || i.relname, pg_get_indexdef(i.oid) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID' END
FROM tables t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
UNION ALL
SELECT 'trigger ' || t.relname || '.' || g.tgname,
  pg_get_triggerdef(g.oid) || CASE g.tgenabled WHEN 'O' THEN '' ELSE ' DISABLED' END
FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
UNION ALL
SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
  'returns ' || pg_get_function_result(p.oid) || ', text with md5 ' || md5(pg_get_functiondef(p.oid))
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
  AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.objid = p.oid AND e.classid = 'pg_proc'::regclass AND e.deptype = 'e')
UNION ALL
SELECT 'partition ' || c.relname, t.relname || ' ' || pg_get_expr(c.relpartbound, c.oid)
FROM tables t JOIN pg_inherits h ON h.inhparent = t.oid JOIN pg_class c ON c.oid = h.inhrelid`,
}

/** Reads the live catalog of the schema `public`. */
export async function readCatalog(queries: PostgresQueries): Promise<Catalog> {
  const rows = await queries.query<{ object: string; definition: string }>(CATALOG)
  return new Map(rows.map(({ object, definition }) => [object, definition]))
}

/** Whether two catalogs say the same of the same objects. */
export function sameCatalog(one: Catalog, other: Catalog): boolean {
  return one.size === other.size && [...one].every(([object, definition]) => other.get(object) === definition)
}
