-- requires: accounts
-- Count an attempt to sign in as a failure, unless it must wait. It is counted before the password is
-- checked, so that attempts at the same time cannot pass the limit.
-- ARGV: ms after which failures are forgotten, ms of the first wait, ms of the longest wait,
--   then for each subject: its name, failures without a wait
-- Returns: 0 | ms to wait; then nothing was counted
local forget_ms, first_ms, longest_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local left = 0
for i = 4, #ARGV, 2 do
  local until_ms = tonumber(redis.call('HGET', attempts_key(ARGV[i]), 'blocked_until') or 0)
  left = math.max(left, until_ms - now)
end
if left > 0 then return left end
for i = 4, #ARGV, 2 do
  local key = attempts_key(ARGV[i])
  local beyond = redis.call('HINCRBY', key, 'failures', 1) - tonumber(ARGV[i + 1])
  if beyond >= 0 then
    local wait_ms = math.min(first_ms * 2 ^ math.min(beyond, 20), longest_ms)
    redis.call('HSET', key, 'blocked_until', string.format('%.0f', now + wait_ms))
  end
  redis.call('PEXPIRE', key, forget_ms)
end
return 0
