import fc from 'fast-check'
import t from 'tap'
import { ownerAmong } from '../../src/workloads/messaging/fixed/gateway/peers.ts'

const gateways = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 8 })

t.test(
  'of a gateway that goes only its own conversations move, and none of those that stay (M-16)',
  async (t) => {
    fc.assert(
      fc.property(gateways, fc.uuid(), (names, conversation) => {
        const owner = ownerAmong(conversation, names)
        const gone = names.find((name) => name !== owner)
        return (
          ownerAmong(
            conversation,
            names.filter((name) => name !== gone),
          ) === owner
        )
      }),
    )
    t.pass('over a hundred sets of gateways')
  },
)

t.test('who reads a conversation does not depend on the order in which gateways are named', async (t) => {
  fc.assert(
    fc.property(gateways, fc.uuid(), (names, conversation) => {
      return ownerAmong(conversation, names.toReversed()) === ownerAmong(conversation, names)
    }),
  )
  t.pass('over a hundred sets of gateways')
})

t.test('each gateway has its share', async (t) => {
  const names = ['gateway-1', 'gateway-2', 'gateway-3']
  const shares = Map.groupBy(
    Array.from({ length: 3_000 }, (_, index) => ownerAmong(`conversation ${index}`, names)),
    (owner) => owner,
  )
  for (const name of names) {
    const share = shares.get(name)?.length ?? 0
    t.ok(share > 850 && share < 1_150, `${name}: ${share} of 3,000`)
  }
})
