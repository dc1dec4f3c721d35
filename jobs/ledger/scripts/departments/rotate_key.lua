-- requires: keys
-- Add an API key to a department, and let its other keys expire.
-- ARGV: department, new key's id and SHA-256, ms for which the other keys stay valid
-- Returns: 1 (also on a repeated call) | 0 if there is no such department
if redis.call('EXISTS', P .. 'department:' .. ARGV[1]) == 0 then return 0 end
local index, keep_ms = P .. 'keys:' .. ARGV[1], tonumber(ARGV[4])
for _, id in ipairs(redis.call('SMEMBERS', index)) do
  local key = P .. 'key:' .. id
  local left_ms = redis.call('PTTL', key)
  if id ~= ARGV[2] and (left_ms == -1 or left_ms > keep_ms) then
    redis.call('PEXPIRE', key, keep_ms)
  end
  if redis.call('EXISTS', key) == 0 then redis.call('SREM', index, id) end
end
redis.call('HSET', P .. 'key:' .. ARGV[2], 'department', ARGV[1], 'sha256', ARGV[3])
redis.call('SADD', index, ARGV[2])
return 1
