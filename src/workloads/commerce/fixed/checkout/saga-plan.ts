import type { OrderLine } from '../../application.ts'

/** What a warehouse was last known to have of a product, as a stock row: a hint. */
export interface StockHint {
  readonly product_id: bigint
  readonly inventory_id: bigint
  readonly warehouse_id: number
  readonly units: number
}

/** What an order holds, or is to hold, of a stock row. */
export interface Hold {
  /** The line's number, from 1. */
  readonly line: number
  readonly inventoryId: bigint
  readonly warehouseId: number
  /** In all. */
  readonly units: number
}

/** The units that an order still has to find for a line. */
function missing(line: OrderLine, number: number, held: readonly Hold[]): number {
  return held.reduce((left, hold) => (hold.line === number ? left - hold.units : left), line.quantity)
}

/** Whether an order holds all that it asks for. */
export function isComplete(lines: readonly OrderLine[], held: readonly Hold[]): boolean {
  return lines.every((line, index) => missing(line, index + 1, held) === 0)
}

function planLine(
  number: number,
  units: number,
  candidates: readonly StockHint[],
  held: readonly Hold[],
): readonly Hold[] | undefined {
  const whole = candidates.find((hint) => hint.units >= units)
  const plan: Hold[] = []
  let left = units
  for (const hint of whole === undefined ? candidates : [whole]) {
    if (left === 0) break
    const share = Math.min(left, hint.units)
    left -= share
    const before = held.find((hold) => hold.line === number && hold.inventoryId === hint.inventory_id)
    plan.push({
      line: number,
      inventoryId: hint.inventory_id,
      warehouseId: hint.warehouse_id,
      units: share + (before?.units ?? 0),
    })
  }
  return left === 0 ? plan : undefined
}

/**
 * Where to look for what an order does not hold yet: for each line the nearest warehouse that has all of it (E-11), else
 * several, the nearest first (E-15). Undefined when a product is out of stock.
 * @param nearest all warehouses, the nearest to the customer first
 */
export function planHolds(
  lines: readonly OrderLine[],
  held: readonly Hold[],
  hints: readonly StockHint[],
  nearest: readonly number[],
): readonly Hold[] | undefined {
  const plan: Hold[] = []
  for (const [index, line] of lines.entries()) {
    const units = missing(line, index + 1, held)
    if (units === 0) continue
    const candidates = hints
      .filter((hint) => hint.product_id === line.productId)
      .sort((one, other) => nearest.indexOf(one.warehouse_id) - nearest.indexOf(other.warehouse_id))
    const holds = planLine(index + 1, units, candidates, held)
    if (holds === undefined) return undefined
    plan.push(...holds)
  }
  return plan
}

/** What is held after some holds have come about: each stands for what was held of its stock row before. */
export function withHolds(held: readonly Hold[], more: readonly Hold[]): readonly Hold[] {
  const isReplaced = ({ line, inventoryId }: Hold): boolean =>
    more.some((hold) => hold.line === line && hold.inventoryId === inventoryId)
  return [...held.filter((hold) => !isReplaced(hold)), ...more]
}
