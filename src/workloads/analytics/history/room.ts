import { ArchError } from '../../../core/errors.ts'
import type { ClickHouseClient } from '../../../stores/clickhouse/client.ts'

/** The last merge writes a whole month before it drops the parts that it replaces. */
const MERGING = 2

/** Rows and bytes of the events that are there. */
export async function sizeOf(
  client: ClickHouseClient,
): Promise<{ rows: number; bytesOnDisk: number; bytesRaw: number }> {
  const { rows } = await client.query<{ events: string; disk: string; raw: string }>(
    "SELECT sum(rows) AS events, sum(bytes_on_disk) AS disk, sum(data_uncompressed_bytes) AS raw FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active",
  )
  const [row] = rows
  return {
    rows: Number(row?.events ?? 0),
    bytesOnDisk: Number(row?.disk ?? 0),
    bytesRaw: Number(row?.raw ?? 0),
  }
}

async function freeBytesOf(client: ClickHouseClient): Promise<number> {
  const { rows } = await client.query<{ free: string }>(
    'SELECT min(unreserved_space) AS free FROM system.disks',
  )
  return Number(rows[0]?.free ?? 0)
}

/** A number of rows with commas. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
const sizeText = (bytes: number): string =>
  bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MB` : `${(bytes / 2 ** 30).toFixed(1)} GB`

/** How much room there is for a history. */
export interface Room {
  readonly rows: number
  readonly bytesPerRow: number
  /** Of the rows that are there. */
  readonly bytesOnDisk: number
  readonly freeBytes: number
}

/** @param freeBytes what the disk has left, where the engine is not to be asked. @throws OperationFailure */
export async function roomFor(
  client: ClickHouseClient,
  freeBytes: (() => Promise<number>) | undefined,
): Promise<Room> {
  const { rows, bytesOnDisk } = await sizeOf(client)
  const free = await (freeBytes?.() ?? freeBytesOf(client))
  return { rows, bytesPerRow: bytesOnDisk / rows, bytesOnDisk, freeBytes: free }
}

/** What so many events need on the disk, by the rows that are there. */
export function needsOf({ bytesPerRow, freeBytes }: Room, events: number): string {
  const bytes = events * bytesPerRow
  return `${whole(events)} rows need ${sizeText(bytes)}, while they merge ${sizeText(bytes * MERGING)}; ${sizeText(freeBytes)} are free`
}

/**
 * Refuses a history that the disk has no room for, by the bytes of the rows that are there.
 * @param kept rows of those that are there that belong to it; the others make room
 * @param figures of the rows that are there
 * @throws ArchError (exit code 3)
 */
export function refuseWithoutRoom(room: Room, events: number, kept: number, figures: string): void {
  const { bytesPerRow, bytesOnDisk, freeBytes } = room
  const needed = (events - kept) * bytesPerRow * MERGING
  const free = kept > 0 ? freeBytes : freeBytes + bytesOnDisk
  if (needed <= free) return
  const fitting = Math.floor((freeBytes + bytesOnDisk) / bytesPerRow / MERGING)
  const power = fitting < 1 ? 0 : 10 ** Math.floor(Math.log10(fitting))
  throw new ArchError(
    `${whole(events)} events do not fit: ${sizeText(needed)} more are needed (${figures}), and the disk of ClickHouse has ${sizeText(free)} left`,
    `Free some space, set ARCH_HOME to a folder on another disk, or use a smaller --population: ${whole(power)} is the largest power of ten that fits.`,
  )
}
