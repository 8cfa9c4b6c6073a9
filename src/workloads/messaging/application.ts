import type { Context } from '../../core/operation.ts'
import type { CommandAnswer, CommandAsk, CommandName } from './clients/control.ts'

/** What people do with their devices, whatever the variant. */
export interface MessagingApplication {
  /** @throws Refusal, OperationFailure */
  command<Name extends CommandName>(
    name: Name,
    ask: CommandAsk<Name>,
    context: Context,
  ): Promise<CommandAnswer<Name>>
}
