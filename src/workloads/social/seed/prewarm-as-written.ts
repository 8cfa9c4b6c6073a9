import type { StrategyChoice } from '../../../core/workload.ts'
import type { RedisCommand } from '../../../stores/redis/client.ts'
import type { SocialPopulation } from '../population.ts'
import { FEED_LENGTH, newestOf, postTexts } from './prewarm.ts'

/** The lists that the text's pushes would have left: without celebrities' posts, unless `threshold=code` (S-20). */
export function* asWrittenPrewarm(
  population: SocialPopulation,
  choice: StrategyChoice,
): Generator<RedisCommand> {
  const posts = postTexts(population)
  const pushesAll = choice['threshold'] === 'code'
  for (const reader of population.activeUsers) {
    const followees = population.followees(reader)
    const pushing = pushesAll ? followees : followees.filter((author) => !population.isCelebrity(author))
    const newest = newestOf(population, pushing, FEED_LENGTH)
    if (newest.length === 0) continue
    yield ['rpush', `feed:${population.userId(reader)}`, ...Array.from(newest, (post) => posts[post] ?? '')]
  }
}
