-- requires: accounts
-- Begin a session after a successful sign-in. Failures of some subjects are forgotten; of another one only
-- the failure that this sign-in was counted as at its beginning.
-- ARGV: account, SHA-256 of the session's token, ms of idleness after which it ends, ms after which it ends,
--   SHA-256 of the browser's token, ms for which the browser is known, most accounts of a browser,
--   subject of which one failure is taken back or '', its failures without a wait,
--   then the subjects whose failures are forgotten
-- Returns: 1 (also on a repeated call) | 0 if there is no such account
local name, session, browser = ARGV[1], session_key(ARGV[2]), browser_key(ARGV[5])
local epoch = redis.call('HGET', account_key(name), 'epoch')
if not epoch then return 0 end
-- On a repeated call the failure was taken back before.
local key = attempts_key(ARGV[8])
if ARGV[8] ~= '' and redis.call('EXISTS', session) == 0 and redis.call('HEXISTS', key, 'failures') == 1 then
  local failures = redis.call('HINCRBY', key, 'failures', -1)
  if failures < tonumber(ARGV[9]) then redis.call('HDEL', key, 'blocked_until') end
end
redis.call('HSET', session, 'account', name, 'epoch', epoch, 'ends_at', now + ARGV[4], 'seen_at', now)
redis.call('PEXPIRE', session, math.min(ARGV[3], ARGV[4]))
if redis.call('SISMEMBER', browser, name) == 0 and redis.call('SCARD', browser) >= tonumber(ARGV[7]) then
  redis.call('DEL', browser)
end
redis.call('SADD', browser, name)
redis.call('PEXPIRE', browser, ARGV[6])
for i = 10, #ARGV do redis.call('DEL', attempts_key(ARGV[i])) end
return 1
