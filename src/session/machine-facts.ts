import { cpus, loadavg, platform, release, totalmem } from 'node:os'
import type { MachineResult } from '../core/result.ts'

/** The load averages of the last 1, 5 and 15 minutes, to two digits. */
export function loadAverage(): readonly number[] {
  return loadavg().map((value) => Math.round(value * 100) / 100)
}

/** What the honest line says of this machine; `loadAverageStart` was read before the run. */
export function machineFacts(loadAverageStart: readonly number[]): MachineResult {
  const processors = cpus()
  return {
    platform: `${platform()} ${release()}`,
    cores: processors.length,
    model: processors[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    node: process.version,
    loadAverageStart,
    loadAverageEnd: loadAverage(),
  }
}
