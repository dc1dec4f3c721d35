-- requires: keys
-- API keys: hashes that end at `expires_at` or `revoked_at`, and are listed for 30 days after that.
local KEPT_AFTER_END_MS = 30 * 24 * 3600 * 1000

local function key_name(id) return P .. 'key:' .. id end

-- Keys of earlier releases ended by their time to live alone.
local function key_end(id)
  local at = tonumber(redis.call('HGET', key_name(id), 'expires_at') or nil)
  if at then return at end
  local left_ms = redis.call('PTTL', key_name(id))
  return left_ms >= 0 and now + left_ms or nil
end

local function is_valid(id)
  local at = key_end(id)
  return redis.call('HEXISTS', key_name(id), 'revoked_at') == 0 and (not at or at > now)
end

local function expire_at(id, at)
  redis.call('HSET', key_name(id), 'expires_at', at)
  redis.call('PEXPIREAT', key_name(id), at + KEPT_AFTER_END_MS)
end

-- Let a key end in `ms`, unless it ends before that.
local function expire_in(id, ms)
  local at = key_end(id)
  if not at or at > now + ms then expire_at(id, now + ms) end
end

-- The ids of a department's keys; those that Redis has removed are dropped from the index.
local function key_ids(department)
  local ids = {}
  for _, id in ipairs(redis.call('SMEMBERS', P .. 'keys:' .. department)) do
    if redis.call('EXISTS', key_name(id)) == 1 then
      ids[#ids + 1] = id
    else
      redis.call('SREM', P .. 'keys:' .. department, id)
    end
  end
  return ids
end
