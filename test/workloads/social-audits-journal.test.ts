import t from 'tap'
import type { JournalReader } from '../../src/core/journal.ts'
import type { AuditOutcome } from '../../src/core/audit.ts'
import { fixedAudits } from '../../src/workloads/social/audits/index.ts'
import { journalOf } from '../helpers/social-data.ts'
import { author, hermit, hermitPost, HYBRID, population, stores, stranger } from '../helpers/social-run.ts'

const id = String

async function run(name: string, journal: JournalReader): Promise<AuditOutcome> {
  const audit = fixedAudits.find((one) => one.name === name)
  if (audit === undefined) throw new Error(`no audit is called ${name}`)
  return audit.run({ stores, population, choice: HYBRID, journal, seed: 1, profile: 'steady' })
}

t.test('what rests on the journal finds nothing to check in an empty one', async (t) => {
  for (const name of [
    'journal.acknowledged-once',
    'history.follow-unfollow',
    'feeds.push-complete',
    'refusals.right',
  ]) {
    t.match(await run(name, journalOf([])), { state: 'nothing to check', checked: 0 }, name)
  }
})

t.test('a like that a private author never allowed is seen', async (t) => {
  const granted = journalOf([
    { operation: 'like.add', keys: { user: id(stranger), post: id(hermitPost) }, result: { created: true } },
  ])
  const outcome = await run('refusals.right', granted)
  t.match(outcome, { state: 'violated', violations: 1 })
  t.match(outcome.examples[0], new RegExp(`granted, though ${hermit} is private and was never followed`))
})

t.test(
  'a follow that an answer contradicts is told with the writes that contradict each other',
  async (t) => {
    const add = { operation: 'follow.add', keys: { follower: id(stranger), following: id(author) } }
    const twice = journalOf([
      { ...add, result: { state: 'following', created: true } },
      { ...add, result: { state: 'following', created: true } },
    ])
    const outcome = await run('history.follow-unfollow', twice)
    t.match(outcome, { state: 'violated', checked: 2, violations: 1 })
    t.match(outcome.examples[0], /no order explains: first nothing; #0 follow\.add .*; #1 follow\.add/)
  },
)

t.test('an unfollow without an answer explains either end', async (t) => {
  const keysOfEdge = { follower: id(stranger), following: id(author) }
  const writes = [
    { operation: 'follow.add', keys: keysOfEdge, result: { state: 'following', created: true } },
    { operation: 'follow.remove', keys: keysOfEdge, outcome: 'unknown' },
  ] as const
  t.match(await run('history.follow-unfollow', journalOf(writes)), { state: 'held', checked: 2 })
})

t.test('a journal that names no post cannot be audited, and says so', async (t) => {
  const broken = journalOf([{ operation: 'like.add', keys: { user: '1' }, result: { created: true } }])
  await t.rejects(run('journal.acknowledged-once', broken), { message: /names no post/, exitCode: 3 })
})
