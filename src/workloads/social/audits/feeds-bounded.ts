import type { VariantName } from '../../../core/names.ts'
import type { Audit } from '../../../core/audit.ts'
import type { RedisScript } from '../../../stores/redis/client.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { partsOf, scanKeys } from '../../../patterns/audits/scan.ts'
import { socialAudit } from './social-audit.ts'

/** Feeds that one call of the script walks: the server does nothing else meanwhile. */
const PART = 20
/** The newest ids that a feed keeps (SOC-64). */
const KEPT = 1_000

// Decimal ids are compared without floats; the mark 0 may stand at the end only.
const WALK: RedisScript = {
  name: 'audit.feed-order',
  lua: `local answers = {}
for i, key in ipairs(KEYS) do
  local ids = redis.call('LRANGE', key, 0, -1)
  local length = #ids
  if ids[length] == '0' then length = length - 1 end
  answers[i] = ''
  if length > tonumber(ARGV[1]) then answers[i] = 'holds ' .. length .. ' posts' end
  for at = 2, length do
    local a, b = ids[at - 1], ids[at]
    if #a < #b or (#a == #b and a <= b) then
      answers[i] = 'has ' .. a .. (a == b and ' twice' or ' before the newer ' .. b)
      break
    end
  end
end
return answers`,
}

function feedsBounded(variant: VariantName): Audit {
  return socialAudit(
    { name: 'feeds.bounded-sorted-unique', claims: ['SOC-11', 'SOC-64'], defects: ['S-28', 'S-37'] },
    variant,
    async ({ redis }) => {
      const findings = newFindings()
      for await (const found of scanKeys(redis, 'feed:*')) {
        for (const feeds of partsOf(found, PART)) {
          const [reply] = await redis.wave([redis.call(WALK, feeds, [KEPT])])
          for (const [index, wrong] of (reply as readonly string[]).entries()) {
            findings.checked += 1
            if (wrong !== '') addViolation(findings, `${feeds[index]} ${wrong}`)
          }
        }
      }
      return outcomeOf(findings)
    },
  )
}

/** Every feed in Redis holds at most 1,000 posts, newest first, each once. */
export const feedsBoundedSortedUnique: Audit = feedsBounded('fixed')

/** The same of the text's feeds, which come in the order of the pushes (S-28). */
export const feedsBoundedSortedUniqueAsWritten: Audit = feedsBounded('as-written')
