import type { RedisScript } from '../../stores/redis/client.ts'

/**
 * KEYS: key, lease, key, lease ...; ARGV: token, lease in milliseconds. Answers for each key its value where somebody
 * stored it meanwhile, 1 where the lease is now ours, 0 where another process fills it.
 */
export const acquireScript: RedisScript = {
  name: 'cache-acquire',
  lua: `
local answers = {}
for i = 1, #KEYS, 2 do
  local value = redis.call('GET', KEYS[i])
  if value then
    answers[#answers + 1] = value
  elseif redis.call('EXISTS', KEYS[i + 1]) == 1 then
    answers[#answers + 1] = 0
  else
    redis.call('RPUSH', KEYS[i + 1], ARGV[1])
    redis.call('PEXPIRE', KEYS[i + 1], ARGV[2])
    answers[#answers + 1] = 1
  end
end
return answers`,
}

/**
 * KEYS: key, lease, key, lease ...; ARGV: token, then value and milliseconds to live for each key. Stores only under
 * a lease that still holds: whoever changed the truth since has deleted it (S-36). Answers 1 for each value stored.
 */
export const storeScript: RedisScript = {
  name: 'cache-store',
  lua: `
local answers = {}
for i = 1, #KEYS, 2 do
  if redis.call('LINDEX', KEYS[i + 1], 0) == ARGV[1] then
    redis.call('SET', KEYS[i], ARGV[i + 1], 'PX', ARGV[i + 2])
    redis.call('DEL', KEYS[i + 1])
    answers[#answers + 1] = 1
  else
    answers[#answers + 1] = 0
  end
end
return answers`,
}
