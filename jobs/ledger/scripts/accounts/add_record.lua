-- requires: accounts
-- Add a job to the records of an account and of a group.
-- ARGV: job's id, ms for which records are kept, most records of an owner, then the owners
-- Returns: nothing
for i = 4, #ARGV do
  local key = P .. 'records:' .. ARGV[i]
  redis.call('ZADD', key, 0, ARGV[1])
  -- The ids begin with the time, so the first by name are the oldest.
  redis.call('ZREMRANGEBYRANK', key, 0, -1 - tonumber(ARGV[3]))
  redis.call('PEXPIRE', key, ARGV[2])
end
