-- requires: accounts
-- Read the account of a session, and put off the session's end for idleness.
-- ARGV: SHA-256 of the session's token, ms of idleness after which it ends
-- Returns: flat fields of the account; empty if there is no such session, or it has ended
local key = session_key(ARGV[1])
local session = as_map(redis.call('HGETALL', key))
if not session.account then return {} end
local account = redis.call('HGETALL', account_key(session.account))
if as_map(account).epoch ~= session.epoch or tonumber(session.ends_at) <= now then
  redis.call('DEL', key)
  return {}
end
-- Not at every request: each write is flushed to the disk.
if now - session.seen_at > math.min(60000, ARGV[2] / 10) then
  redis.call('HSET', key, 'seen_at', now)
  redis.call('PEXPIRE', key, math.min(ARGV[2], session.ends_at - now))
end
return account
