import type { RoleHost, RunningRole } from '../../../../core/workload.ts'

/** What the witness calls it: how often a gateway refused something for one reason, since it said so last. */
export const FRAMES_REFUSED = 'frames.refused'

/** Something that refuses. */
interface Refusing extends RunningRole {
  readonly rejections: ReadonlyMap<string, number>
}

/** Tells the run's journal what a gateway refused, by why, each time that it is asked whether it is done, and at its end. */
export function witnessRefusals(
  gateway: Refusing,
  name: string,
  { witness }: Pick<RoleHost, 'witness'>,
): RunningRole {
  const told = new Map<string, number>()

  function tell(): void {
    for (const [why, count] of gateway.rejections) {
      const more = count - (told.get(why) ?? 0)
      if (more > 0) witness(FRAMES_REFUSED, { gateway: name, why, count: more })
      told.set(why, count)
    }
  }

  return {
    drained() {
      tell()
      return gateway.drained()
    },
    async close() {
      await gateway.close()
      tell()
    },
  }
}
