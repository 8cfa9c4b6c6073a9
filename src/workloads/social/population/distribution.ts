/**
 * Shares `total` out over ranks 0 to size-1 as whole numbers that follow Zipf's law, no share above `cap`: the law
 * is scaled until what the cap cuts off the top is spread below. Sums to `total`, or to size x cap where that is less.
 */
export function truncatedZipf(size: number, exponent: number, cap: number, total: number): Int32Array {
  const weights = new Float64Array(size)
  for (let rank = 0; rank < size; rank += 1) weights[rank] = (rank + 1) ** -exponent
  const goal = Math.min(total, size * cap)
  const scale = scaleFor(weights, cap, goal)
  const shares = new Int32Array(size)
  let exact = 0
  let given = 0
  for (let rank = 0; rank < size; rank += 1) {
    exact += Math.min(cap, scale * (weights[rank] ?? 0))
    // Rounding the running sum keeps the total; the last rank takes the residue of the bisection.
    const upTo = rank === size - 1 ? goal : Math.min(goal, Math.round(exact))
    shares[rank] = Math.min(cap, upTo - given)
    given += shares[rank] ?? 0
  }
  return shares
}

function scaleFor(weights: Float64Array, cap: number, goal: number): number {
  let low = 0
  let high = 1
  while (cappedSum(weights, cap, high) < goal && high < 2 ** 60) high *= 2
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2
    if (cappedSum(weights, cap, middle) < goal) low = middle
    else high = middle
  }
  return high
}

function cappedSum(weights: Float64Array, cap: number, scale: number): number {
  let sum = 0
  for (const weight of weights) sum += Math.min(cap, scale * weight)
  return sum
}
