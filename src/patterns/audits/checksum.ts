/** Primes below 2^20, so that the product of two residues and the sum over a table stay exact. */
export const PRIME = { first: 1_000_003, second: 999_983 } as const

/** How many rows, and a sum over them that a row lost, added or exchanged for another would change. */
export interface Checksum {
  rows: number
  sum: bigint
}

/** No rows. */
export function newChecksum(): Checksum {
  return { rows: 0, sum: 0n }
}

/** The residues of an id; both are needed for pairs, the first for single ids. */
export function residue(id: bigint, prime: number): number {
  return Number(id % BigInt(prime))
}

/** Adds (`by` 1) or takes away (`by` -1) a pair of ids. */
export function countPair(checksum: Checksum, one: bigint, other: bigint, by: 1 | -1): void {
  checksum.rows += by
  checksum.sum += BigInt(by * residue(one, PRIME.first) * residue(other, PRIME.second))
}

/** The row that an SQL checksum answers. */
export interface ChecksumRow {
  readonly rows: bigint
  readonly sum: string
}

/** SQL for the checksum of pairs, as a select list. */
export function pairChecksumSql(one: string, other: string): string {
  return `count(*) AS rows,
    coalesce(sum((${one} % ${PRIME.first}) * (${other} % ${PRIME.second})), 0)::text AS sum`
}

/** SQL for the checksum of single ids, as a select list. */
export function idChecksumSql(id: string): string {
  return `count(*) AS rows, coalesce(sum(${id} % ${PRIME.first}), 0)::text AS sum`
}

/** Whether a table has what it should have; a line that says what is wrong otherwise. */
export function compareChecksum(
  what: string,
  expected: Checksum,
  row: ChecksumRow | undefined,
): string | undefined {
  const rows = Number(row?.rows ?? 0n)
  if (rows !== expected.rows) return `${what}: ${expected.rows} rows should be there, ${rows} are`
  if (BigInt(row?.sum ?? '0') !== expected.sum)
    return `${what}: ${rows} rows as there should be, but not the same ones`
  return undefined
}
