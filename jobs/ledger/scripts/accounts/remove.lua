-- requires: accounts
-- Remove an account. Its sessions end with it, because they belong to its epoch.
-- ARGV: name
-- Returns: 1 | 0 if there is no such account
redis.call('SREM', P .. 'accounts', ARGV[1])
redis.call('DEL', P .. 'records:account:' .. ARGV[1])
return redis.call('DEL', account_key(ARGV[1]))
