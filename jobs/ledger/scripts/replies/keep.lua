-- requires: replies
-- Store the first reply to an idempotency key.
-- ARGV: department, scope, key, body's SHA-256, status, headers (JSON), body, ms to keep it
local key = reply_key(ARGV[1], ARGV[2], ARGV[3])
redis.call('HSET', key, 'body_sha256', ARGV[4], 'status', ARGV[5], 'headers', ARGV[6], 'body', ARGV[7])
redis.call('PEXPIRE', key, ARGV[8])
count_reply(ARGV[1], #ARGV[6] + #ARGV[7], tonumber(ARGV[8]))
