import type { RefusalReason } from '../../protocol/answers.ts'

/** A gateway says no: an answer that names why. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly reason: RefusalReason

  constructor(reason: RefusalReason) {
    super(reason)
    this.reason = reason
  }
}
