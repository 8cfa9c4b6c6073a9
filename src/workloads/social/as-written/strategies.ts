import type { Strategy } from '../../../core/strategy.ts'

/** What can be switched in the text's own code. */
export const asWrittenStrategies: Readonly<Record<string, Strategy>> = {
  threshold: {
    description:
      'whose posts are pushed: below 1,000 followers as the section titles say, or all as the code says (S-19)',
    values: ['titles', 'code'],
    default: 'titles',
  },
}
