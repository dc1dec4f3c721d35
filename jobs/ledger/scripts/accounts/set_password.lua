-- requires: accounts
-- Replace a password and end the sessions of the account, all but one if it is given. An account without
-- one no longer belongs to a person of the identity provider.
-- ARGV: name, hash of the new password, hash of the password that it replaces or '' for any,
--   SHA-256 of the session that goes on or ''
-- Returns: 1 (also on a repeated call) | 0 if there is no such account, or it has another password
local key = account_key(ARGV[1])
local current = redis.call('HGET', key, 'password')
if not current then return 0 end
if current == ARGV[2] then return 1 end
if ARGV[3] ~= '' and current ~= ARGV[3] then return 0 end
local epoch = next_epoch(key)
redis.call('HSET', key, 'password', ARGV[2], 'subject', '', 'changed_at', now, 'epoch', epoch)
if ARGV[4] ~= '' and redis.call('HGET', session_key(ARGV[4]), 'account') == ARGV[1] then
  redis.call('HSET', session_key(ARGV[4]), 'epoch', epoch)
end
return 1
