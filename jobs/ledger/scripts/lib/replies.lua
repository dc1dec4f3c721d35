-- requires: quotas
-- First replies to idempotency keys, stored in the step that does what they report.
-- reply: a table of key, body_sha256, body, keep_ms; nil for a request without a key.

local function reply_key(department, scope, key)
  return P .. 'reply:' .. department .. ':' .. scope .. ':' .. key
end

-- What a command returns instead of acting, if the key was used before; else nil.
local function earlier_reply(department, scope, reply)
  if not reply then return nil end
  local earlier = as_map(redis.call('HGETALL', reply_key(department, scope, reply.key)))
  if not earlier.body_sha256 then return nil end
  if earlier.body_sha256 ~= reply.body_sha256 then return {'mismatch'} end
  return {'replayed', quotas_left(department), earlier.body}
end

local function keep_reply(department, scope, reply, status)
  if not reply then return end
  local key = reply_key(department, scope, reply.key)
  redis.call('HSET', key, 'body_sha256', reply.body_sha256, 'body', reply.body,
    'status', status, 'headers', '{}')
  redis.call('PEXPIRE', key, reply.keep_ms)
  count_reply(department, #reply.body, reply.keep_ms)
end
