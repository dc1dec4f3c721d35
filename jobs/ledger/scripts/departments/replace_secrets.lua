-- requires: deletions
-- Replace a department's callback secrets and options by the same ones, sealed, if they are still the
-- ones that the caller read.
-- ARGV: department, secrets read (JSON), sealed secrets (JSON), options read (JSON or ''), sealed options
-- Returns: 1 | 0 if they were changed meanwhile, or the department is gone
local key, options = P .. 'department:' .. ARGV[1], P .. 'callback-options:' .. ARGV[1]
if redis.call('HGET', key, 'callback_secrets') ~= ARGV[2] then return 0 end
if (redis.call('GET', options) or '') ~= ARGV[4] then return 0 end
redis.call('HSET', key, 'callback_secrets', ARGV[3])
if ARGV[5] ~= '' then redis.call('SET', options, ARGV[5]) end
note_deletion()
return 1
